/** What is offered: codecs whose frames survive being sealed whole, and nothing else. */
import { isAudio, type Kind } from '../e2ee/messages';

type Codec = Pick<RTCRtpCodec, 'mimeType' | 'sdpFmtpLine'>;
type Name = 'opus' | 'vp8' | 'vp9';

/** Tells a receiver which sealed frame is a key frame: VP8 has no other place for it. */
export const DEPENDENCY_DESCRIPTOR =
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

/**
 * Firefox sends VP8 in three sizes; its VP9 has no layers. Chromium sends one VP9 stream: of
 * three sizes of VP9 it sends one. No property tells which does which.
 */
export const SIMULCAST = globalThis.navigator?.userAgent.includes('Firefox/') ?? false;

const RECEIVED = { audio: ['opus'], video: ['vp9', 'vp8'] } as const;

/** The codec that a kind of source is sent with. */
export function sentWith(kind: Kind, simulcast: boolean): Name {
  if (isAudio(kind)) return 'opus';
  return kind === 'camera' && simulcast ? 'vp8' : 'vp9';
}

/** Keeps the named codecs, VP9 in profile 0 (8 bit, 4:2:0), and retransmission. */
export function keep<C extends Codec>(codecs: readonly C[], names: readonly Name[]): C[] {
  const wanted = [...names, 'rtx'].map((name) => new RegExp(`^(audio|video)/${name}$`, 'i'));
  return codecs.filter(
    ({ mimeType, sdpFmtpLine }) =>
      wanted.some((name) => name.test(mimeType)) && !/profile-id=[1-9]/.test(sdpFmtpLine ?? ''),
  );
}

export function preferToSend(transceiver: RTCRtpTransceiver, kind: Kind): void {
  prefer(transceiver, isAudio(kind) ? 'audio' : 'video', [sentWith(kind, SIMULCAST)]);
}

export function preferToReceive(transceiver: RTCRtpTransceiver, media: 'audio' | 'video'): void {
  prefer(transceiver, media, RECEIVED[media]);
  if (media === 'video') receiveDescriptors(transceiver);
}

function prefer(transceiver: RTCRtpTransceiver, media: string, names: readonly Name[]): void {
  const codecs = keep(RTCRtpReceiver.getCapabilities(media)?.codecs ?? [], names);
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
}

interface HeaderExtension {
  uri: string;
  direction: RTCRtpTransceiverDirection;
}

/** WebRTC Extensions section 5.2; Firefox has neither and offers the descriptor by itself. */
type Negotiable = RTCRtpTransceiver & {
  getHeaderExtensionsToNegotiate?(): HeaderExtension[];
  setHeaderExtensionsToNegotiate?(extensions: HeaderExtension[]): void;
};

/** Chromium knows the descriptor but doesn't offer it unasked. */
function receiveDescriptors(transceiver: Negotiable): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.();
  const descriptor = extensions?.find(({ uri }) => uri === DEPENDENCY_DESCRIPTOR);
  if (!extensions || !descriptor) return;
  descriptor.direction = 'sendrecv';
  transceiver.setHeaderExtensionsToNegotiate?.(extensions);
}

/** What the device can carry: a phone sends less, for its battery and its network. */
export type Profile = 'desktop' | 'phone';

/** Bits per second at most, and what the encoder may give up first. */
const SINGLE = {
  microphone: { maxBitrate: 48_000 },
  camera: { maxBitrate: 1_200_000, scalabilityMode: 'L1T1' },
  screen: { maxBitrate: 2_500_000, scalabilityMode: 'L1T1' },
  screen_audio: { maxBitrate: 96_000 },
} as const;
const PHONE_CAMERA = { maxBitrate: 600_000, scalabilityMode: 'L1T1' } as const;

/** The smallest first: the server picks the one that fits the tile. */
const SIZES: Record<Profile, RTCRtpEncodingParameters[]> = {
  desktop: [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 100_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 350_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_200_000 },
  ],
  phone: [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 80_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 250_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 600_000 },
  ],
};

export function encodings(
  kind: Kind,
  simulcast = SIMULCAST,
  profile: Profile = 'desktop',
): RTCRtpEncodingParameters[] {
  if (kind === 'camera' && simulcast) return SIZES[profile].map((one) => ({ ...one }));
  return [{ ...(kind === 'camera' && profile === 'phone' ? PHONE_CAMERA : SINGLE[kind]) }];
}
