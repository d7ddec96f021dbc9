/** English: the catalogue whose shape all others have. */
import { chat } from './en/chat';
import { devices } from './en/devices';
import { home } from './en/home';
import { notices } from './en/notices';
import { left, link, server, unsupported } from './en/pages';
import { prejoin } from './en/prejoin';
import { room, roster } from './en/room';
import { sentence } from './en/sentence';
import { settings } from './en/settings';
import { shortcuts } from './en/shortcuts';

export const en = {
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
