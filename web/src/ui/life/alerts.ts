/** The browser's own notices, where a page may show them itself: phones want a service worker for it. */
import { isPhone } from '../../media/phone';
import { Alerts } from '../../state/alerts';
import { text } from '../../text';

const can = 'Notification' in window && !isPhone();

export const alerts = new Alerts({
  permission: () => (can ? Notification.permission : undefined),
  request: () => Notification.requestPermission(),
  show: (words) => void new Notification(text.product, { body: words, tag: 'talk' }),
  hidden: () => document.hidden,
});
