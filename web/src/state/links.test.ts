import { expect, test } from 'vitest';
import { pieces } from './links';

const shown = (message: string) =>
  pieces(message).map(({ text, link, host }) => (link ? `[${text}${host ? ` = ${host}` : ''}]` : text)).join('|');

test.each([
  ['Good morning', 'Good morning'],
  ['', ''],
  ['See https://example.org/a?b=c#d.', 'See |[https://example.org/a?b=c#d]|.'],
  ['(www.example.org)', '(|[www.example.org]|)'],
  ['https://a.example and http://b.example', '[https://a.example]| and |[http://b.example]'],
  ['https://', 'https://'],
  ['HTTPS://EXAMPLE.ORG', '[HTTPS://EXAMPLE.ORG]'],
  // Cyrillic letters that look like Latin ones.
  ['https://\u0430\u0440\u0440\u04cf\u0435.com/', '[https://\u0430\u0440\u0440\u04cf\u0435.com/ = xn--80ak6aa92e.com]'],
  ['https://bank.example@evil.example/', '[https://bank.example@evil.example/ = evil.example]'],
  ['javascript:alert(1)', 'javascript:alert(1)'],
])('%j', (message, wanted) => {
  expect(shown(message)).toBe(wanted);
});

test('nothing of a message is lost', () => {
  const message = 'a https://x.example, b\nwww.y.example! c';
  expect(pieces(message).map(({ text }) => text).join('')).toBe(message);
});
