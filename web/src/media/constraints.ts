/** What is asked of a camera or a microphone, and why it may be refused. */

/** Why a device can't be used. */
export type DeviceProblem = 'denied' | 'missing' | 'busy' | 'insecure' | 'unplugged' | 'other';

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

/** What a browser may do to sound and picture before they are sealed. */
export const EFFECTS = [
  'noiseSuppression',
  'echoCancellation',
  'autoGainControl',
  'backgroundBlur',
] as const;
export type Effect = (typeof EFFECTS)[number];
export type Effects = Readonly<Record<Effect, boolean>>;

export const USUAL_EFFECTS: Effects = {
  noiseSuppression: true,
  echoCancellation: true,
  autoGainControl: true,
  backgroundBlur: false,
};

export function kindOf(effect: Effect): 'microphone' | 'camera' {
  return effect === 'backgroundBlur' ? 'camera' : 'microphone';
}

/** Media Capture Extensions, not in the DOM's types yet. */
type Capabilities = MediaTrackCapabilities & { backgroundBlur?: boolean[] };

/** Which effects can be switched here. A blur that the system forces on or off is none. */
export function offeredEffects(
  supported: Readonly<Record<string, boolean | undefined>>,
  camera: Pick<MediaStreamTrack, 'getCapabilities'> | undefined,
): Effect[] {
  const blur = (camera?.getCapabilities?.() as Capabilities | undefined)?.backgroundBlur ?? [];
  return EFFECTS.filter((effect) =>
    effect === 'backgroundBlur' ? blur.length > 1 : supported[effect] === true,
  );
}

export interface Wish {
  deviceId?: string | undefined;
  facing?: Facing | undefined;
}

export type Facing = 'user' | 'environment';

export function microphoneConstraints(effects: Effects, { deviceId }: Wish): MediaTrackConstraints {
  const { noiseSuppression, echoCancellation, autoGainControl } = effects;
  return { noiseSuppression, echoCancellation, autoGainControl, ...exactly(deviceId) };
}

/** 540 lines are enough for a tile and leave an older laptop its breath; 360 do on a phone. */
export function cameraConstraints(
  effects: Effects,
  { deviceId, facing }: Wish,
  phone: boolean,
): MediaTrackConstraints {
  const blur = effects.backgroundBlur ? { backgroundBlur: true } : {};
  return {
    width: { ideal: phone ? 640 : 960 },
    height: { ideal: phone ? 360 : 540 },
    frameRate: { ideal: phone ? 24 : 30, max: 30 },
    ...blur,
    ...(facing !== undefined ? { facingMode: { ideal: facing } } : exactly(deviceId)),
  };
}

export const SCREEN = { frameRate: { ideal: 15, max: 30 } } satisfies MediaTrackConstraints;
/** A film's sound isn't a voice. */
export const SCREEN_AUDIO = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
} satisfies MediaTrackConstraints;

function exactly(deviceId: string | undefined): MediaTrackConstraints {
  return deviceId === undefined ? {} : { deviceId: { exact: deviceId } };
}
