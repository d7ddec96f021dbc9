import type { Messages } from '..';
import { isolate } from '../forms';

const one = (name: string | null | undefined) => (name ? isolate(name) : 'أحدهم');

export const notices: Messages['notices'] = {
  joined: ({ name, by }) => `دخل ${one(name)}.${by ? ` أدخله ${isolate(by)}.` : ''}`,
  removed: ({ name, by }) => `غادر ${one(name)}.${by ? ` دوّن ذلك ${isolate(by)}.` : ''}`,
  commit_refused: ({ by, rule }) => {
    if (rule === 'R-C5') {
      return `حاول ${one(by)} إجلاس شخص ليس له مقعد صحيح أو تنقصه الموافقات اللازمة. رُفض ذلك.`;
    }
    if (rule === 'R-C7') {
      return `حاول ${one(by)} تغيير ما تقوم عليه الغرفة من دون قرار من الطرفين. رُفض ذلك.`;
    }
    return `حاول ${one(by)} إجراء تغيير تمنعه القواعد. لا أثر له.`;
  },
  welcome_refused: () => 'أرسل أحدهم دعوة زائفة إلى هذه الغرفة. جرى تجاهلها.',
  complaint: ({ name }) => `لم يتمكن ${one(name)} من متابعة تغيير، وهو يدخل من جديد.`,
  reopened: () => 'أُعيد فتح الغرفة. الجميع يدخلون من جديد.',
  coming_back: () => 'غبت عن أنظار الآخرين. يجري إدخالك من جديد.',
  doubt: () => 'حالة الغرفة موضع شك. لن يُرسَل شيء حتى تتضح.',
  chat_not_sent: ({ text }) => `لم تُرسَل: ${isolate(text)}`,
  server_refuses: () => 'يرفض الخادم ما تحتاج إليه الغرفة. تُعاد المحاولة.',
};
