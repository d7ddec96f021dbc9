/** What leaves a talk, as the worker takes it. */
import type { Readout } from '../e2ee/life-messages';
import type { TalkView } from '../e2ee/talk-messages';

/** A readout that every side signed, as JSON `ReadoutExport`; the same on every side's page. */
export function readoutExport(talk: string, readout: Readout, view: TalkView | undefined): string | undefined {
  const version = readout.versions.find(({ entry }) => entry === readout.agreed);
  if (!version || !readout.stands || !view) return undefined;
  return JSON.stringify({
    talk,
    ...readout.stands,
    position: version.entry,
    delegations: [...view.delegations].sort((a, b) => a.index - b.index).map(({ name }) => name),
    document: version.document,
    signatures: readout.signatures.filter(({ on }) => on === version.entry),
  });
}
