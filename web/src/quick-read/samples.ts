/** Texts of different kinds to test with. */

export interface Sample {
  kind: string;
  headline: string;
  text: string;
  /** What a reader of five lines must not miss. */
  news: readonly string[];
}

export const SAMPLES: readonly Sample[] = [
  {
    kind: 'a joint statement',
    headline: 'Northland and Southland agree to reopen the Strait of Carn in 2027',
    text: `The delegations of Northland and Southland met in Lissen from 9 to 11 March. The talks were held in a frank and constructive atmosphere, and both delegations thanked the Government of Lissen for its hospitality.
Northland and Southland agreed to reopen the Strait of Carn to fishing vessels of both countries on 1 May 2027. Vessels of more than 24.5 metres will carry a transponder at all times. “We have taken the first step. The second is harder,” said H.E. Amb. M. Okonkwo.
A joint commission shall meet for the first time by 12 April. It consists of three members of each side. The commission will report to both governments before the season begins.
Each side undertakes to release the crews that it holds, 14 persons in all, within seven days. Both delegations expressed their appreciation for the work of the experts.`,
    news: ['Strait of Carn to fishing vessels', '12 April', 'within seven days'],
  },
  {
    kind: 'the terms of a trade',
    headline: 'Tariff on steel falls to 4.5 per cent under the Harrow Accord',
    text: `The parties to the Harrow Accord have concluded their review of Annex II. Under the Harrow Accord the tariff on rolled steel falls from 7.25 to 4.5 per cent on 1 January 2028.
Quotas for dairy are unchanged. The quota for cement rises to 1.2 million tonnes a year, i.e. by about a third. Art. 9 on rules of origin is replaced by the text in Annex III.
Does the accord apply to transit? It does, with the exceptions in No. 4 of the annex.
Each party shall publish its schedule no later than 30 September. Disputes go to a panel of three, which must decide within 90 days. The parties will review these terms every two years.`,
    news: ['4.5 per cent', '1.2 million tonnes', '30 September'],
  },
  {
    kind: 'the monitoring of a ceasefire',
    headline: 'Monitors report 17 violations in Sector East since 3 June',
    text: `Between 3 and 30 June the mission recorded 17 violations in Sector East, down from 41 in May. Nine of them involved drones; no civilian was hurt.
Access to the crossing at Ferrin was denied on two days. The commander of the 4th Brigade, Col. R. Adeyemi, has promised a written explanation. “Our patrols come back,” he told the mission. “They come back every day.”
Both parties agreed to move heavy weapons 15 km behind the line by 10 July. The mission will verify the withdrawal together with officers of both sides. Observers shall have access at any hour.
It remains quiet in Sector West. The next report is due on 31 July.`,
    news: ['17 violations in Sector East', '10 July'],
  },
  {
    kind: 'a dull procedural text',
    headline: 'Second session of the Working Group on Archives',
    text: `The Working Group on Archives held its second session on Tuesday. The agenda was adopted as circulated. The summary of the first session was taken as read.
The secretariat introduced document WG.2/7, which sets out the state of the inventories. Members made comments on paragraphs 3, 8 and 11. The secretariat took note of them.
The group considered its methods of work. It was recalled that the rules of procedure provide for a rotation of the chair. Members expressed different views on the length of the terms.
The group decided to hold its third session in the week of 5 October. The secretariat will circulate a revised document two weeks before. There being no other business, the chair thanked the members and closed the session.`,
    news: ['third session in the week of 5 October'],
  },
  {
    kind: 'an Arabic statement',
    headline: 'اتفاق بين الشمال والجنوب على فتح معبر النهر',
    text: `عقد وفدا الشمال والجنوب اجتماعهما الثالث في مدينة الواحة يومي 4 و5 مارس. وجرت المحادثات في أجواء ودية ومثمرة. وشكر الوفدان حكومة الواحة على حسن الضيافة.
اتفق الشمال والجنوب على فتح معبر النهر أمام المسافرين اعتبارًا من 20 أبريل. سيعمل المعبر 12.5 ساعة في اليوم خلال المرحلة الأولى. هل يشمل ذلك الشاحنات؟ لا يشملها قبل نهاية العام.
تعهد كل طرف بتسليم قوائم المفقودين بحلول 15 مايو. وقال رئيس وفد الجنوب: «هذه بداية. والعمل أمامنا.» ويلتزم الطرفان بعدم نشر الأسماء.
وتجتمع اللجنة المشتركة مرة كل شهر في مقر المعبر.`,
    news: ['فتح معبر النهر', '15 مايو'],
  },
];
