/** English: the catalogue whose shape all others have. */
import { backup } from './en/backup';
import { chat } from './en/chat';
import { devices } from './en/devices';
import { floor } from './en/floor';
import { home } from './en/home';
import { life } from './en/life';
import { notices } from './en/notices';
import { left, page, server, trouble, unsupported } from './en/pages';
import { invite, network, prejoin } from './en/prejoin';
import { published } from './en/published';
import { quality } from './en/quality';
import { room, roster } from './en/room';
import { sentence } from './en/sentence';
import { settings } from './en/settings';
import { shortcuts } from './en/shortcuts';
import { stage } from './en/stage';
import { talk } from './en/talk';

export const en = {
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
