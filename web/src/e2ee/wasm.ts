/** The only place that knows the wasm package by name. */
import init from './pkg/incamera_e2ee_wasm';
import wasmUrl from './pkg/incamera_e2ee_wasm_bg.wasm?url';

export {
  Session,
  TalkSession,
  calendarFile,
  linkInfo,
  makeBackup,
  newSeat,
  openBackup,
  propose,
  proposeTalk,
  proveTalk,
  readInvitation,
  readoutHtml,
  readoutId,
  readoutJson,
  readoutText,
  restoreHead,
  selfTest,
  signChallenge,
  signDestroy,
  signGroup,
  signPublish,
  signTalkDestroy,
  verifyPublished,
} from './pkg/incamera_e2ee_wasm';

export async function loadWasm(): Promise<void> {
  await init({ module_or_path: wasmUrl });
}
