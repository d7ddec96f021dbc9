/** The only place that knows the wasm package by name. */
import init, * as wasm from './pkg/incamera_e2ee_wasm';
import wasmUrl from './pkg/incamera_e2ee_wasm_bg.wasm?url';
import type { TalkWasm } from './talk-messages';

export {
  Session,
  linkInfo,
  newSeat,
  propose,
  readInvitation,
  selfTest,
  signChallenge,
  signDestroy,
} from './pkg/incamera_e2ee_wasm';

export const talks = wasm as unknown as TalkWasm;

export async function loadWasm(): Promise<void> {
  await init({ module_or_path: wasmUrl });
}
