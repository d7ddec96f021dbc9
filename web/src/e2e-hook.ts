/** In builds made with `--mode e2e` only: what tests read of a room. It holds no secret. */
import type { App } from './state/app';

export function install(app: App): void {
  const room = () => {
    const page = app.page.get();
    return page.name === 'room' ? page.room : undefined;
  };
  Object.assign(window, {
    __incamera: {
      /** Every report of RTCPeerConnection.getStats, or nothing while there is no connection. */
      async stats(): Promise<unknown[]> {
        const report = await room()?.stats();
        return report ? [...report.values()] : [];
      },
      tiles: () => room()?.stage.get(),
      view: () => room()?.view.get(),
      media: () => room()?.media.get(),
      connection: () => room()?.connection.get(),
    },
  });
}
