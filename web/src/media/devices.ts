/** The person's own camera, microphone, screen and loudspeaker. */
import type { Kind } from '../e2ee/messages';
import { Cell } from '../state/cell';
import {
  cameraConstraints,
  type DeviceProblem,
  type Effect,
  type Effects,
  type Facing,
  kindOf,
  microphoneConstraints,
  offeredEffects,
  problemOf,
  SCREEN,
  SCREEN_AUDIO,
  USUAL_EFFECTS,
} from './constraints';

export { type DeviceProblem, problemOf } from './constraints';

export interface DeviceChoice {
  id: string;
  label: string;
}

/** What happened to a device by itself. Labels are those of the system; they may be empty. */
export type DeviceTold =
  | { code: 'instead'; lost: string; label: string }
  | { code: 'back'; label: string };

export interface DeviceState {
  on: boolean;
  /** Being asked for. */
  pending: boolean;
  problem: DeviceProblem | undefined;
  told: DeviceTold | undefined;
  /** The one in use, or chosen for the next time. */
  deviceId: string | undefined;
}

export interface DeviceLists {
  microphones: DeviceChoice[];
  cameras: DeviceChoice[];
  speakers: DeviceChoice[];
}

export interface DevicesState {
  microphone: DeviceState;
  camera: DeviceState;
  screen: DeviceState;
  /** `deviceId` as `setSinkId` takes it; nothing is the system's own choice. */
  speaker: Pick<DeviceState, 'deviceId' | 'told'>;
  lists: DeviceLists;
  effects: Effects;
  /** The effects that can be switched here. */
  offered: readonly Effect[];
  /** Which way a phone's camera looks, if it says so. */
  facing: Facing | undefined;
}

/** The part of `navigator.mediaDevices` that is used; missing where the context isn't secure. */
export type MediaDevicesApi = Pick<
  MediaDevices,
  'getUserMedia' | 'getDisplayMedia' | 'enumerateDevices' | 'addEventListener'
> &
  Partial<Pick<MediaDevices, 'getSupportedConstraints'>>;

/** What is remembered from the last time. */
export interface Preferred {
  microphone?: { on: boolean; deviceId?: string };
  camera?: { on: boolean; deviceId?: string };
  speaker?: { deviceId?: string };
  effects?: Partial<Effects>;
}

type OwnKind = 'microphone' | 'camera';
/** What has a state of its own; a screen's sound goes with its screen. */
export type Device = OwnKind | 'screen';

const OFF: DeviceState = {
  on: false,
  pending: false,
  problem: undefined,
  told: undefined,
  deviceId: undefined,
};
const LISTS = { microphone: 'microphones', camera: 'cameras', speaker: 'speakers' } as const;
/** A device that ends as often as this without anything being plugged is left alone. */
const MAX_LOSSES = 3;

export class Devices {
  readonly state: Cell<DevicesState>;
  /** Live tracks; a muted microphone has none here. */
  readonly tracks = new Cell<Readonly<Record<Kind, MediaStreamTrack | undefined>>>({
    microphone: undefined,
    camera: undefined,
    screen: undefined,
    screen_audio: undefined,
  });
  /** The open microphone, muted or not; for the meter. */
  #microphone: MediaStreamTrack | undefined;
  /** What the person wants to use, there or not. Without a choice: what was lost. */
  #wish: Partial<Record<OwnKind | 'speaker', { id: string; label?: string }>> = {};
  /** On, if only it were there. */
  #waiting = new Set<OwnKind>();
  #losses: Record<OwnKind, number> = { microphone: 0, camera: 0 };
  /** Asked for last; an answer to an earlier question is let go. */
  #question: Record<OwnKind, number> = { microphone: 0, camera: 0 };
  /** Whether there is any; without permission a browser names none. */
  #there: Record<OwnKind, boolean> = { microphone: false, camera: false };
  #over = false;

  constructor(
    private readonly api: MediaDevicesApi | undefined,
    private readonly phone = false,
  ) {
    this.state = new Cell<DevicesState>({
      microphone: OFF,
      camera: OFF,
      screen: OFF,
      speaker: { deviceId: undefined, told: undefined },
      lists: { microphones: [], cameras: [], speakers: [] },
      effects: USUAL_EFFECTS,
      offered: [],
      facing: undefined,
    });
    api?.addEventListener('devicechange', () => void this.#changed());
  }

  /** Asks for camera and microphone with one question; what one lacks doesn't cost the other. */
  async askForBoth(): Promise<void> {
    if (!this.#available('microphone', 'camera')) return;
    const asked = { microphone: this.#asks('microphone'), camera: this.#asks('camera') };
    try {
      const stream = await this.#request({
        audio: this.#constraints('microphone'),
        video: this.#constraints('camera'),
      });
      for (const track of stream.getTracks()) {
        const kind = track.kind === 'audio' ? 'microphone' : 'camera';
        this.#answer(kind, asked[kind], track);
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

  /** The choices of the last time. */
  prefer({ microphone, camera, speaker, effects }: Preferred): void {
    for (const [kind, deviceId] of [
      ['microphone', microphone?.deviceId],
      ['camera', camera?.deviceId],
    ] as const) {
      if (deviceId === undefined) continue;
      this.#wish[kind] = { id: deviceId };
      this.#patch(kind, { deviceId });
    }
    if (speaker?.deviceId !== undefined) this.#wish.speaker = { id: speaker.deviceId };
    this.state.update((state) => ({ ...state, effects: { ...state.effects, ...effects } }));
  }

  /** Turns on again what was on before a reload, or the last time. */
  async restore({ microphone, camera }: Preferred): Promise<void> {
    if (microphone?.on && camera?.on) await this.askForBoth();
    else if (microphone?.on) await this.setMicrophone(true);
    else if (camera?.on) await this.setCamera(true);
    else await this.refresh();
  }

  async setMicrophone(on: boolean): Promise<void> {
    if (!on) {
      this.#waiting.delete('microphone');
      if (this.#microphone) this.#microphone.enabled = false;
      this.#track('microphone', undefined);
      this.#patch('microphone', { on: false });
    } else if (this.#microphone?.readyState === 'live') {
      this.#microphone.enabled = true;
      this.#track('microphone', this.#microphone);
      this.#patch('microphone', { on: true, problem: undefined });
    } else {
      this.#losses.microphone = 0;
      await this.#open('microphone');
      await this.refresh();
    }
  }

  /** Off releases the camera: its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    if (on) {
      this.#losses.camera = 0;
      await this.#open('camera');
      await this.refresh();
    } else {
      this.#waiting.delete('camera');
      this.#asks('camera');
      this.#release('camera');
      this.#patch('camera', { on: false, pending: false });
    }
  }

  /** What is off stays off: another device is then remembered for the next time. */
  async choose(kind: OwnKind | 'speaker', deviceId: string): Promise<void> {
    const label = this.#listed(kind, deviceId)?.label;
    this.#wish[kind] = label ? { id: deviceId, label } : { id: deviceId };
    if (kind === 'speaker') {
      this.#patchSpeaker({ deviceId, told: undefined });
      return;
    }
    this.#losses[kind] = 0;
    this.#patch(kind, { deviceId, told: undefined });
    if (this.state.get()[kind].on) await this.#open(kind);
    else this.#release(kind);
  }

  /** A phone's other camera. Both at once is more than most phones can. */
  async flip(): Promise<void> {
    const facing = this.state.get().facing === 'environment' ? 'user' : 'environment';
    this.#release('camera');
    delete this.#wish.camera;
    await this.#open('camera', facing);
  }

  async setEffect(effect: Effect, on: boolean): Promise<void> {
    this.state.update((state) => ({ ...state, effects: { ...state.effects, [effect]: on } }));
    const kind = kindOf(effect);
    if (kind === 'camera') {
      const blur = { [effect]: on } as MediaTrackConstraints;
      const camera = this.tracks.get().camera;
      // Refused or ignored, it isn't on: nobody may believe to be blurred who isn't.
      await camera?.applyConstraints(blur).catch(() => undefined);
      if (camera) this.#tellEffect(camera, effect);
    } else if (this.state.get().microphone.on) {
      // An open microphone keeps how it was opened.
      this.#release(kind);
      await this.#open(kind);
    } else {
      this.#release(kind);
    }
  }

  /** Must come from a click. */
  async setScreen(on: boolean): Promise<void> {
    this.#release('screen');
    this.#patch('screen', { on: false, problem: undefined });
    if (!on || !this.#available('screen')) return;
    try {
      const stream = await this.api!.getDisplayMedia({ video: SCREEN, audio: SCREEN_AUDIO });
      for (const track of stream.getTracks()) {
        if (track.kind === 'video') {
          track.contentHint = 'detail';
          this.#use('screen', track);
        }
      }
      this.#useScreenAudio(stream.getTracks().find(({ kind }) => kind === 'audio'));
    } catch (error) {
      // Whoever closes the browser's chooser has changed their mind; that's no problem.
      const problem = problemOf(error);
      this.#patch('screen', { problem: problem === 'denied' ? undefined : problem });
    }
  }

  /** The person has read it. */
  dismiss(...kinds: (Device | 'speaker')[]): void {
    for (const kind of kinds) {
      if (kind === 'speaker') this.#patchSpeaker({ told: undefined });
      else this.#patch(kind, { problem: undefined, told: undefined });
    }
  }

  async refresh(): Promise<void> {
    const devices = (await this.api?.enumerateDevices().catch(() => [])) ?? [];
    const choices = (kind: MediaDeviceKind) =>
      devices
        .filter((device) => device.kind === kind && device.deviceId !== '')
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    const lists = {
      microphones: choices('audioinput'),
      cameras: choices('videoinput'),
      speakers: choices('audiooutput'),
    };
    this.#there = {
      microphone: devices.some(({ kind }) => kind === 'audioinput'),
      camera: devices.some(({ kind }) => kind === 'videoinput'),
    };
    const supported = this.api?.getSupportedConstraints?.() ?? {};
    const offered = offeredEffects({ ...supported }, this.tracks.get().camera);
    this.state.update((state) => ({ ...state, lists, offered }));
    this.#settleSpeaker();
  }

  /** For good: what was asked for and comes later is let go at once. */
  releaseAll(): void {
    this.#over = true;
    this.#waiting.clear();
    for (const kind of ['microphone', 'camera', 'screen'] as const) {
      this.#release(kind);
      this.#patch(kind, { on: false, pending: false });
    }
  }

  get openMicrophone(): MediaStreamTrack | undefined {
    return this.#microphone;
  }

  async #open(kind: OwnKind, facing?: Facing): Promise<void> {
    if (!this.#available(kind)) return;
    const question = this.#asks(kind);
    try {
      const constraints = this.#constraints(kind, facing);
      const stream = await this.#request(
        kind === 'microphone' ? { audio: constraints } : { video: constraints },
      );
      const track = stream.getTracks()[0];
      if (track) this.#answer(kind, question, track);
    } catch (error) {
      if (question !== this.#question[kind]) return;
      this.#release(kind);
      this.#patch(kind, { on: false, pending: false, problem: problemOf(error) });
    }
  }

  #asks(kind: OwnKind): number {
    this.#patch(kind, { pending: true, problem: undefined });
    return (this.#question[kind] += 1);
  }

  #answer(kind: OwnKind, question: number, track: MediaStreamTrack): void {
    if (question === this.#question[kind]) this.#use(kind, track);
    else track.stop();
  }

  /** A remembered device may be gone: then any other will do. */
  async #request(constraints: MediaStreamConstraints): Promise<MediaStream> {
    try {
      return await this.api!.getUserMedia(constraints);
    } catch (error) {
      const { name } = error as { name?: string };
      if (name !== 'OverconstrainedError' && name !== 'NotFoundError') throw error;
      const { effects } = this.state.get();
      return this.api!.getUserMedia({
        ...(constraints.audio ? { audio: microphoneConstraints(effects, {}) } : {}),
        ...(constraints.video ? { video: cameraConstraints(effects, {}, this.phone) } : {}),
      });
    }
  }

  #constraints(kind: OwnKind, facing?: Facing): MediaTrackConstraints {
    const { effects } = this.state.get();
    const deviceId = this.#wish[kind]?.id;
    return kind === 'microphone'
      ? microphoneConstraints(effects, { deviceId })
      : cameraConstraints(effects, { deviceId, facing }, this.phone);
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
    track.onended = () => void this.#lost(kind, track);
    this.#track(kind, track);
    const { deviceId, facingMode } = track.getSettings();
    this.#patch(kind, {
      on: true,
      pending: false,
      problem: undefined,
      ...(kind !== 'screen' && deviceId !== undefined ? { deviceId } : {}),
    });
    if (kind !== 'screen') this.#waiting.delete(kind);
    if (kind === 'camera') {
      const facing = facingMode === 'user' || facingMode === 'environment' ? facingMode : undefined;
      this.state.update((state) => ({ ...state, facing }));
      this.#tellEffect(track, 'backgroundBlur');
    }
  }

  /** What the track really does, where it says so. */
  #tellEffect(track: MediaStreamTrack, effect: Effect): void {
    const on = (track.getSettings() as Partial<Record<Effect, unknown>>)[effect];
    if (typeof on !== 'boolean') return;
    this.state.update((state) => ({ ...state, effects: { ...state.effects, [effect]: on } }));
  }

  #useScreenAudio(track: MediaStreamTrack | undefined): void {
    if (!track) return;
    if (this.#over || !this.tracks.get().screen) return track.stop();
    // A tab may fall silent for good while its picture goes on.
    track.onended = () => this.#track('screen_audio', undefined);
    this.#track('screen_audio', track);
  }

  /** Unplugged, or no longer allowed: the system's own choice takes its place, if it has one. */
  async #lost(kind: Device, track: MediaStreamTrack): Promise<void> {
    const current = kind === 'microphone' ? this.#microphone : this.tracks.get()[kind];
    if (current !== track) return;
    const { on, deviceId } = this.state.get()[kind];
    this.#release(kind);
    // A screen ends by the browser's own button: nothing is wrong then.
    if (kind === 'screen') return this.#patch(kind, { on: false, problem: undefined });
    const was = this.#listed(kind, deviceId) ?? { id: deviceId ?? '', label: track.label };
    // Without a choice of the person's it is what was lost that comes back.
    if ((this.#wish[kind]?.id ?? was.id) === was.id) this.#wish[kind] = was;
    this.#patch(kind, { on: false, ...(on ? { problem: 'unplugged' } : {}) });
    this.#losses[kind] += 1;
    if (!on) return this.refresh();
    this.#waiting.add(kind);
    await this.refresh();
    if (this.#losses[kind] > MAX_LOSSES) return this.#patch(kind, { problem: 'other' });
    await this.#takeAnother(kind, was);
  }

  async #takeAnother(kind: OwnKind, was: DeviceChoice): Promise<void> {
    if (!this.#waiting.has(kind) || this.#over) return;
    if (!this.#there[kind]) return;
    await this.#open(kind);
    const { on, problem, deviceId } = this.state.get()[kind];
    if (!on && problem === 'missing') this.#patch(kind, { problem: 'unplugged' });
    if (!on || deviceId === was.id) return;
    const label = this.#listed(kind, deviceId)?.label ?? '';
    this.#patch(kind, { told: { code: 'instead', lost: was.label, label } });
  }

  /** Something was plugged in or pulled out. */
  async #changed(): Promise<void> {
    const before = this.state.get().lists;
    await this.refresh();
    if (this.#over) return;
    for (const kind of ['microphone', 'camera'] as const) {
      const wished = this.#wished(kind, this.state.get().lists);
      const arrived = wished !== undefined && this.#wished(kind, before) === undefined;
      const { on, deviceId } = this.state.get()[kind];
      const waits = this.#waiting.has(kind);
      if (arrived && (waits || (on && deviceId !== wished.id))) {
        this.#losses[kind] = 0;
        await this.#open(kind);
        if (this.state.get()[kind].on) {
          this.#patch(kind, { told: { code: 'back', label: wished.label } });
        }
      } else if (waits && !this.state.get()[kind].pending) {
        this.#losses[kind] = 0;
        await this.#takeAnother(kind, { id: '', label: this.#wish[kind]?.label ?? '' });
      }
    }
  }

  #settleSpeaker(): void {
    const wish = this.#wish.speaker;
    const { lists, speaker } = this.state.get();
    if (wish === undefined || (lists.speakers.length === 0 && speaker.deviceId === undefined)) return;
    const there = this.#wished('speaker', lists);
    if (there && speaker.deviceId !== there.id) {
      wish.label = there.label;
      const told = speaker.told ? ({ code: 'back', label: there.label } as const) : undefined;
      this.#patchSpeaker({ deviceId: there.id, told });
    } else if (!there && speaker.deviceId !== undefined) {
      const told = { code: 'instead', lost: wish.label ?? '', label: '' } as const;
      this.#patchSpeaker({ deviceId: undefined, told });
    }
  }

  #wished(kind: OwnKind | 'speaker', lists: DeviceLists): DeviceChoice | undefined {
    const wish = this.#wish[kind];
    // The system's default keeps its id and changes its name.
    return lists[LISTS[kind]].find(
      ({ id, label }) => id === wish?.id && (id !== 'default' || label === (wish.label ?? label)),
    );
  }

  #listed(kind: OwnKind | 'speaker', id: string | undefined): DeviceChoice | undefined {
    return this.state.get().lists[LISTS[kind]].find((choice) => choice.id === id);
  }

  #release(kind: Device): void {
    const track = kind === 'microphone' ? this.#microphone : this.tracks.get()[kind];
    if (kind === 'microphone') this.#microphone = undefined;
    if (track) track.onended = null;
    track?.stop();
    this.#track(kind, undefined);
    if (kind !== 'screen') return;
    this.tracks.get().screen_audio?.stop();
    this.#track('screen_audio', undefined);
  }

  #track(kind: Kind, track: MediaStreamTrack | undefined): void {
    this.tracks.update((tracks) =>
      tracks[kind] === track ? tracks : { ...tracks, [kind]: track },
    );
  }

  #patch(kind: Device, change: Partial<DeviceState>): void {
    this.state.update((state) => ({ ...state, [kind]: { ...state[kind], ...change } }));
  }

  #patchSpeaker(change: Partial<DevicesState['speaker']>): void {
    this.state.update((state) => ({ ...state, speaker: { ...state.speaker, ...change } }));
  }
}
