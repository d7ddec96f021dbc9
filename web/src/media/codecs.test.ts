import { expect, test } from 'vitest';
import { encodings, keep, sentWith } from './codecs';

const CODECS = [
  { mimeType: 'video/VP8' },
  { mimeType: 'video/rtx' },
  { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' },
  { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' },
  { mimeType: 'video/H264' },
];

test('only what survives sealing is offered', () => {
  expect(keep(CODECS, ['vp9'])).toEqual([CODECS[1], CODECS[2]]);
  expect(keep(CODECS, ['vp8'])).toEqual([CODECS[0], CODECS[1]]);
  expect(keep(CODECS, ['vp9', 'vp8'])).toEqual(CODECS.slice(0, 3));
  expect(keep([{ mimeType: 'audio/red' }, { mimeType: 'audio/opus' }], ['opus'])).toEqual([
    { mimeType: 'audio/opus' },
  ]);
});

test('a camera is sent in three sizes of VP8 or in one of VP9', () => {
  expect(sentWith('camera', true)).toBe('vp8');
  expect(sentWith('camera', false)).toBe('vp9');
  expect(sentWith('screen', true)).toBe('vp9');
  expect(encodings('camera', true).map(({ rid }) => rid)).toEqual(['q', 'h', 'f']);
  for (const [kind, simulcast] of [['camera', false], ['screen', true]] as const) {
    expect(encodings(kind, simulcast).map(({ rid }) => rid)).toEqual([undefined]);
  }
});
