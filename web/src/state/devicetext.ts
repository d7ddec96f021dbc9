/** What is said about a device, in one sentence. */
import type { Device, DeviceState, DevicesState } from '../media/devices';
import { text } from '../text';

/** What is wrong with a device, or what happened to it by itself. */
export function saysDevice(kind: Device, { problem, told }: DeviceState): string | undefined {
  if (problem !== undefined) return text.devices.problem[kind][problem];
  if (told === undefined || kind === 'screen') return undefined;
  const t = text.settings;
  if (told.code === 'back') return t.back(told.label || t.nameless);
  return t.instead[kind](told.lost || t.nameless, told.label || t.nameless);
}

export function saysSpeaker({ told }: DevicesState['speaker']): string | undefined {
  const t = text.settings;
  if (told === undefined) return undefined;
  return told.code === 'back'
    ? t.back(told.label || t.nameless)
    : t.instead.speaker(told.lost || t.nameless);
}
