/** Arabic, Modern Standard. */
import type { Messages } from '.';
import { backup } from './ar/backup';
import { chat } from './ar/chat';
import { devices } from './ar/devices';
import { floor } from './ar/floor';
import { home } from './ar/home';
import { life } from './ar/life';
import { notices } from './ar/notices';
import { left, page, server, trouble, unsupported } from './ar/pages';
import { invite, network, prejoin } from './ar/prejoin';
import { published } from './ar/published';
import { quality } from './ar/quality';
import { room, roster } from './ar/room';
import { sentence } from './ar/sentence';
import { settings } from './ar/settings';
import { shortcuts } from './ar/shortcuts';
import { stage } from './ar/stage';
import { talk } from './ar/talk';

export const ar: Messages = {
  product: 'In Camera',
  home,
  talk,
  life,
  backup,
  prejoin,
  invite,
  network,
  devices,
  settings,
  sentence,
  roster,
  room,
  stage,
  floor,
  quality,
  notices,
  chat,
  shortcuts,
  left,
  published,
  trouble,
  page,
  unsupported,
  server,
};
