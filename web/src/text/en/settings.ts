import type { Effect } from '../../media/constraints';
import { isolate } from '../forms';

export const settings = {
  heading: 'Settings',
  camera: 'Camera',
  microphone: 'Microphone',
  speaker: 'Loudspeaker',
  usual: 'The system’s choice',
  unnamed: (number: number) => `Device ${number}`,
  test: 'Play a tone',
  testing: 'You should hear a tone',
  testFailed: 'The tone could not be played. Choose another loudspeaker.',
  flip: 'Other camera',
  effects: 'Sound and picture',
  effect: {
    noiseSuppression: 'Suppress noise',
    echoCancellation: 'Cancel echo',
    autoGainControl: 'Even out loudness',
    backgroundBlur: 'Blur the background',
  } satisfies Record<Effect, string>,
  language: 'Language',
  instead: {
    microphone: (lost: string, now: string) =>
      `The microphone ${isolate(lost)} was unplugged. ${isolate(now)} is used instead.`,
    camera: (lost: string, now: string) =>
      `The camera ${isolate(lost)} was unplugged. ${isolate(now)} is used instead.`,
    speaker: (lost: string) =>
      `The loudspeaker ${isolate(lost)} was unplugged. The system’s own is used instead.`,
  },
  back: (name: string) => `${isolate(name)} is back and is used again.`,
  nameless: 'without a name',
};
