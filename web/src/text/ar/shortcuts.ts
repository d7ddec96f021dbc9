import type { Messages } from '..';

export const shortcuts: Messages['shortcuts'] = {
  heading: 'اختصارات لوحة المفاتيح',
};
