/** Which sources to ask for when there are more than slots. */
import type { Watch } from '../wire/Watch';

type Source = Watch['source'];

const SCREEN_WIDTH = 1920;
const CAMERA_WIDTH = 640;

/**
 * Nothing while every source has a slot: the server then sends all of them. Once a list was sent
 * (`watching`) the server keeps to lists, so each change needs another.
 */
export function watchList(
  sources: readonly Source[],
  slots: readonly { media: 'audio' | 'video' }[],
  watching: boolean,
): Watch[] | undefined {
  const room = slots.filter(({ media }) => media === 'video').length;
  const video = sources.filter(({ kind }) => kind !== 'microphone');
  if (room === 0 || (video.length <= room && !watching)) return undefined;
  const screens = video.filter(({ kind }) => kind === 'screen');
  const cameras = video.filter(({ kind }) => kind === 'camera');
  return [...screens, ...cameras].slice(0, room).map((source) => ({
    source,
    width: source.kind === 'screen' ? SCREEN_WIDTH : CAMERA_WIDTH,
  }));
}
