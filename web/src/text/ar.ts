/** Arabic, Modern Standard. */
import type { Messages } from '.';
import { chat } from './ar/chat';
import { devices } from './ar/devices';
import { home } from './ar/home';
import { notices } from './ar/notices';
import { left, link, server, unsupported } from './ar/pages';
import { prejoin } from './ar/prejoin';
import { room, roster } from './ar/room';
import { sentence } from './ar/sentence';
import { settings } from './ar/settings';
import { shortcuts } from './ar/shortcuts';

export const ar: Messages = {
  product: 'In Camera',
  home,
  prejoin,
  devices,
  settings,
  sentence,
  roster,
  room,
  notices,
  chat,
  shortcuts,
  left,
  link,
  unsupported,
  server,
};
