/** The person's own camera, microphone and screen. */
import type { Kind } from '../e2ee/messages';
import { Cell } from '../state/cell';

/** Why a device can't be used. */
export type DeviceProblem =
  | 'denied'
  | 'missing'
  | 'busy'
  | 'insecure'
  | 'unplugged'
  | 'other';

export interface DeviceState {
  on: boolean;
  /** Being asked for. */
  pending: boolean;
  problem: DeviceProblem | undefined;
  /** The one in use, or chosen for the next time. */
  deviceId: string | undefined;
}

export interface DeviceChoice {
  id: string;
  label: string;
}

export interface DeviceLists {
  microphones: DeviceChoice[];
  cameras: DeviceChoice[];
}

export interface DevicesState {
  microphone: DeviceState;
  camera: DeviceState;
  screen: DeviceState;
  lists: DeviceLists;
}

/** The part of `navigator.mediaDevices` that is used; missing where the context isn't secure. */
export type MediaDevicesApi = Pick<
  MediaDevices,
  'getUserMedia' | 'getDisplayMedia' | 'enumerateDevices' | 'addEventListener'
>;

export function problemOf(error: unknown): DeviceProblem {
  switch ((error as { name?: string }).name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'other';
  }
}

const OFF: DeviceState = { on: false, pending: false, problem: undefined, deviceId: undefined };
/** 540 lines are enough for a tile and leave an older laptop its breath. */
const CAMERA = {
  width: { ideal: 960 },
  height: { ideal: 540 },
  frameRate: { ideal: 30, max: 30 },
} satisfies MediaTrackConstraints;
const MICROPHONE = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
} satisfies MediaTrackConstraints;
const SCREEN = { frameRate: { ideal: 15, max: 30 } } satisfies MediaTrackConstraints;

type OwnKind = 'microphone' | 'camera';
/** What has a state of its own; a screen's sound goes with its screen. */
export type Device = OwnKind | 'screen';

export class Devices {
  readonly state = new Cell<DevicesState>({
    microphone: OFF,
    camera: OFF,
    screen: OFF,
    lists: { microphones: [], cameras: [] },
  });
  /** Live tracks; a muted microphone has none here. */
  readonly tracks = new Cell<Readonly<Record<Kind, MediaStreamTrack | undefined>>>({
    microphone: undefined,
    camera: undefined,
    screen: undefined,
    screen_audio: undefined,
  });
  /** The open microphone, muted or not; for the meter. */
  #microphone: MediaStreamTrack | undefined;
  #over = false;

  constructor(private readonly api: MediaDevicesApi | undefined) {
    api?.addEventListener('devicechange', () => void this.refresh());
  }

  /** Asks for camera and microphone with one question; what one lacks doesn't cost the other. */
  async askForBoth(): Promise<void> {
    if (!this.#available('microphone', 'camera')) return;
    this.#patch('microphone', { pending: true, problem: undefined });
    this.#patch('camera', { pending: true, problem: undefined });
    try {
      const stream = await this.#request({
        audio: this.#constraints('microphone'),
        video: this.#constraints('camera'),
      });
      for (const track of stream.getTracks()) {
        this.#use(track.kind === 'audio' ? 'microphone' : 'camera', track);
      }
    } catch (error) {
      const problem = problemOf(error);
      if (problem === 'denied') {
        this.#patch('microphone', { pending: false, problem });
        this.#patch('camera', { pending: false, problem });
      } else {
        await this.#open('microphone');
        await this.#open('camera');
      }
    }
    await this.refresh();
  }

  /** The devices that were in use before a reload. */
  prefer(remembered: Partial<Record<OwnKind, { deviceId?: string }>>): void {
    for (const kind of ['microphone', 'camera'] as const) {
      const deviceId = remembered[kind]?.deviceId;
      if (deviceId !== undefined) this.#patch(kind, { deviceId });
    }
  }

  /** Turns on again what was on before a reload. */
  async restore(remembered: Partial<Record<OwnKind, { on: boolean }>>): Promise<void> {
    const microphone = remembered.microphone?.on ?? false;
    const camera = remembered.camera?.on ?? false;
    if (microphone && camera) await this.askForBoth();
    else if (microphone) await this.setMicrophone(true);
    else if (camera) await this.setCamera(true);
  }

  async setMicrophone(on: boolean): Promise<void> {
    if (!on) {
      if (this.#microphone) this.#microphone.enabled = false;
      this.#track('microphone', undefined);
      this.#patch('microphone', { on: false });
    } else if (this.#microphone?.readyState === 'live') {
      this.#microphone.enabled = true;
      this.#track('microphone', this.#microphone);
      this.#patch('microphone', { on: true, problem: undefined });
    } else {
      await this.#open('microphone');
      await this.refresh();
    }
  }

  /** Off releases the camera: its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    if (on) {
      await this.#open('camera');
      await this.refresh();
    } else {
      this.#release('camera');
      this.#patch('camera', { on: false });
    }
  }

  /** What is off stays off: another device is then remembered for the next time. */
  async choose(kind: OwnKind, deviceId: string): Promise<void> {
    this.#patch(kind, { deviceId });
    if (this.state.get()[kind].on) await this.#open(kind);
    else this.#release(kind);
  }

  /** Must come from a click. */
  async setScreen(on: boolean): Promise<void> {
    this.#release('screen');
    this.#patch('screen', { on: false, problem: undefined });
    if (!on || !this.#available('screen')) return;
    try {
      const stream = await this.api!.getDisplayMedia({ video: SCREEN, audio: false });
      const track = stream.getVideoTracks()[0];
      if (track) {
        track.contentHint = 'detail';
        this.#use('screen', track);
      }
    } catch (error) {
      // Whoever closes the browser's chooser has changed their mind; that's no problem.
      const problem = problemOf(error);
      this.#patch('screen', { problem: problem === 'denied' ? undefined : problem });
    }
  }

  /** The person has read it. */
  dismiss(...kinds: Device[]): void {
    for (const kind of kinds) this.#patch(kind, { problem: undefined });
  }

  async refresh(): Promise<void> {
    const devices = (await this.api?.enumerateDevices().catch(() => [])) ?? [];
    const choices = (kind: MediaDeviceKind) =>
      devices
        .filter((device) => device.kind === kind && device.deviceId !== '')
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    const lists = { microphones: choices('audioinput'), cameras: choices('videoinput') };
    this.state.update((state) => ({ ...state, lists }));
  }

  /** For good: what was asked for and comes later is let go at once. */
  releaseAll(): void {
    this.#over = true;
    for (const kind of ['microphone', 'camera', 'screen'] as const) {
      this.#release(kind);
      this.#patch(kind, { on: false, pending: false });
    }
  }

  get openMicrophone(): MediaStreamTrack | undefined {
    return this.#microphone;
  }

  async #open(kind: OwnKind): Promise<void> {
    if (!this.#available(kind)) return;
    this.#patch(kind, { pending: true, problem: undefined });
    try {
      const constraints = this.#constraints(kind);
      const stream = await this.#request(
        kind === 'microphone' ? { audio: constraints } : { video: constraints },
      );
      const track = stream.getTracks()[0];
      if (track) this.#use(kind, track);
    } catch (error) {
      this.#release(kind);
      this.#patch(kind, { on: false, pending: false, problem: problemOf(error) });
    }
  }

  /** A remembered device may be gone: then any other will do. */
  async #request(constraints: MediaStreamConstraints): Promise<MediaStream> {
    try {
      return await this.api!.getUserMedia(constraints);
    } catch (error) {
      if ((error as { name?: string }).name !== 'OverconstrainedError') throw error;
      return this.api!.getUserMedia({
        ...(constraints.audio ? { audio: MICROPHONE } : {}),
        ...(constraints.video ? { video: CAMERA } : {}),
      });
    }
  }

  #constraints(kind: OwnKind): MediaTrackConstraints {
    const { deviceId } = this.state.get()[kind];
    const wanted = kind === 'microphone' ? MICROPHONE : CAMERA;
    return deviceId === undefined ? wanted : { ...wanted, deviceId: { exact: deviceId } };
  }

  #available(...kinds: Device[]): boolean {
    if (this.api) return true;
    for (const kind of kinds) this.#patch(kind, { on: false, pending: false, problem: 'insecure' });
    return false;
  }

  #use(kind: Device, track: MediaStreamTrack): void {
    if (this.#over) return track.stop();
    this.#release(kind);
    if (kind === 'microphone') this.#microphone = track;
    track.onended = () => {
      const current = kind === 'microphone' ? this.#microphone : this.tracks.get()[kind];
      if (current !== track) return;
      this.#release(kind);
      // A screen ends by the browser's own button: nothing is wrong then.
      this.#patch(kind, { on: false, problem: kind === 'screen' ? undefined : 'unplugged' });
    };
    this.#track(kind, track);
    const { deviceId } = track.getSettings();
    this.#patch(kind, {
      on: true,
      pending: false,
      problem: undefined,
      ...(kind !== 'screen' && deviceId !== undefined ? { deviceId } : {}),
    });
  }

  #release(kind: Kind): void {
    const track = kind === 'microphone' ? this.#microphone : this.tracks.get()[kind];
    if (kind === 'microphone') this.#microphone = undefined;
    if (track) track.onended = null;
    track?.stop();
    this.#track(kind, undefined);
  }

  #track(kind: Kind, track: MediaStreamTrack | undefined): void {
    this.tracks.update((tracks) =>
      tracks[kind] === track ? tracks : { ...tracks, [kind]: track },
    );
  }

  #patch(kind: Device, change: Partial<DeviceState>): void {
    this.state.update((state) => ({ ...state, [kind]: { ...state[kind], ...change } }));
  }
}
