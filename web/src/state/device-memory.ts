/** How the threshold and the room keep to what the person chose of devices, and remember it. */
import type { Devices, DeviceState, DevicesState } from '../media/devices';
import type { Memory } from './memory';

export class DeviceMemory {
  constructor(private readonly memory: Memory) {}

  /** Asks for both the first time, later for what was on. */
  async ask(devices: Devices): Promise<void> {
    const { microphone, camera } = this.memory.preferences();
    if (microphone === undefined && camera === undefined) await devices.askForBoth();
    else await this.restore(devices);
  }

  async restore(devices: Devices): Promise<void> {
    const { microphone, camera } = this.memory.preferences();
    await devices.restore({ microphone: { on: true, ...microphone }, camera: { on: true, ...camera } });
  }

  keep({ microphone, camera, speaker, effects }: DevicesState): void {
    if (microphone.pending || camera.pending) return;
    this.memory.prefer({
      microphone: wanted(microphone),
      camera: wanted(camera),
      ...(speaker.deviceId === undefined ? {} : { speaker: { deviceId: speaker.deviceId } }),
      effects,
    });
  }
}

export function device({ on, deviceId }: DeviceState) {
  return deviceId === undefined ? { on } : { on, deviceId };
}

/** What could not be had was wanted nevertheless. */
function wanted(state: DeviceState) {
  return device({ ...state, on: state.on || state.problem !== undefined });
}
