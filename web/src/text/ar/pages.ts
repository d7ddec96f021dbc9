import type { Messages } from '..';

export const left: Messages['left'] = {
  heading: 'لقد غادرت الغرفة',
  hint: 'الكاميرا والميكروفون مطفآن. يمكنك الدخول من جديد من هذه النافذة.',
  again: 'الدخول من جديد',
  home: 'إلى الصفحة الأولى',
};

export const link: Messages['link'] = {
  heading: 'هذا الرابط غير مكتمل',
  hint: 'الجزء الذي يلي العلامة # ناقص أو تالف. اطلب الرابط من جديد وافتحه كاملًا.',
  home: 'إلى الصفحة الأولى',
};

export const unsupported: Messages['unsupported'] = {
  heading: 'لا يستطيع هذا المتصفح ختم مكالمة',
  hint: 'استخدم إصدارًا حديثًا من Chrome أو Edge أو Firefox.',
  insecure:
    'هذا العنوان غير آمن، لذلك لا يتيح المتصفح الكاميرا ولا المفاتيح. استخدم عنوانًا يبدأ بـ \u2066https://\u2069.',
};

export const server: Messages['server'] = {
  unreachable: 'تعذّر الوصول إلى الخادم. تحقق من اتصالك، ثم أعد المحاولة.',
};
