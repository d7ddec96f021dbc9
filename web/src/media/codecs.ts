/** What is offered: codecs whose frames survive being sealed whole, and nothing else. */

const AUDIO = ['audio/opus'];
const VIDEO = ['video/vp9', 'video/rtx'];

type Codec = Pick<RTCRtpCodec, 'mimeType' | 'sdpFmtpLine'>;

/** Keeps Opus, VP9 of profile 0 (8 bit, 4:2:0) and retransmission. */
export function sealable<C extends Codec>(codecs: readonly C[], media: 'audio' | 'video'): C[] {
  const wanted = media === 'audio' ? AUDIO : VIDEO;
  return codecs.filter(
    ({ mimeType, sdpFmtpLine }) =>
      wanted.includes(mimeType.toLowerCase()) && !/profile-id=[1-9]/.test(sdpFmtpLine ?? ''),
  );
}

export function prefer(transceiver: RTCRtpTransceiver, media: 'audio' | 'video'): void {
  const codecs = sealable(RTCRtpReceiver.getCapabilities(media)?.codecs ?? [], media);
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
}

/** Bits per second at most, and what the encoder may give up first. */
export const ENCODINGS = {
  microphone: { maxBitrate: 48_000 },
  camera: { maxBitrate: 1_200_000, scalabilityMode: 'L1T1' },
  screen: { maxBitrate: 2_500_000, scalabilityMode: 'L1T1' },
} as const;
