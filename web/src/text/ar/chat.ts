import type { Messages } from '..';
import { isolate } from '../forms';

export const chat: Messages['chat'] = {
  heading: 'الدردشة',
  empty: 'مختومة مثل كل شيء هنا. ومن يأتي لاحقًا لا يرى ما كُتب قبل دخوله.',
  write: 'اكتب إلى الجميع',
  send: 'إرسال',
  close: 'إغلاق الدردشة',
  from: (name, words) => `${isolate(name)}: ${isolate(words)}`,
  /** The true host of a link that reads like another. */
  host: (host) => `هو ${host}`,
  failed: 'لم تُرسَل: لست في الغرفة في هذه اللحظة.',
  tooLong: 'الرسالة طويلة جدًا: الحد الأقصى 2000 حرف.',
};
