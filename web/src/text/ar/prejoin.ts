import type { Messages } from '..';
import { isolate } from '../forms';

// Set apart, or a number after them would be drawn to their side.
const [UDP, TCP] = [isolate('UDP'), isolate('TCP')];

export const prejoin: Messages['prejoin'] = {
  heading: 'قبل الدخول',
  preview: 'صورتك كما سيراها الآخرون',
  name: 'اسمك',
  nameHint: 'يراه الآخرون مختومًا، ولا يراه الخادم.',
  level: 'مستوى صوت الميكروفون',
  levelHint: 'قل بضع كلمات: ينبغي أن يتحرك الشريط.',
  enter: 'دخول الغرفة',
  entering: 'يجري الدخول',
  underName: 'تدخل باسم',
  back: 'العودة إلى المحادثة',
  without: 'يمكنك الدخول والاستماع من دون كاميرا أو ميكروفون.',
  askAgain: 'إعادة المحاولة',
  asking: 'يطلب متصفحك الإذن.',
  cameraOff: 'الكاميرا مطفأة',
  noName: 'أدخل الاسم الذي سيراك به الآخرون.',
  opening: 'تجري قراءة الدعوة',
};

export const invite: Messages['invite'] = {
  heading: 'الدعوة',
  hint: 'يستطيع الدخول كل من لديه هذه الدعوة. أرسلها عبر قناة تثق بها.',
  link: 'الرابط',
  copyLink: 'نسخ الرابط',
  code: 'الرمز، ليُقرأ أو يُكتب',
  copyCode: 'نسخ الرمز',
  copied: 'تم النسخ',
  copyFailed: 'لم يسمح متصفحك بالنسخ. النص محدّد: انسخه بنفسك.',
  qr: 'رمز QR',
  qrHint: 'تفتح كاميرا الهاتف المحادثة من هنا.',
  qrName: 'رمز QR لرابط الدعوة',
};

export const network: Messages['network'] = {
  connecting: 'يجري الوصول إلى الخادم.',
  unreachable: 'تعذّر الوصول إلى الخادم. تحقق من اتصالك؛ تواصل هذه الصفحة المحاولة من تلقاء نفسها.',
  full: 'الخادم ممتلئ ولا يُدخل أحدًا آخر؛ تواصل هذه الصفحة المحاولة من تلقاء نفسها.',
  trying: 'تجري تجربة الشبكة للصوت والصورة.',
  works: `الشبكة: يعمل ${UDP} و${TCP}.`,
  udpOnly: `الشبكة: يعمل ${UDP}، وهذا يكفي. أما ${TCP} فلا يعمل.`,
  tcpOnly:
    `الشبكة: لا يعمل إلا ${TCP}. قد يتوقف الصوت والصورة أحيانًا، والأفضل شبكة تسمح بمرور ${UDP}.`,
  neither:
    `الشبكة: لا يمر ${UDP} ولا ${TCP}، فلن يكون هناك صوت ولا صورة. استخدم شبكة أخرى، أو اسأل من يدير الخادم.`,
  roundTrip: (ms) => `${ms} ملّي ثانية إلى الخادم وعودةً منه.`,
};
