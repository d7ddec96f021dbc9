export const home = {
  lead: 'A sealed room for talks between organisations that don’t share a server they trust.',
  propose: 'Propose a talk',
  title: 'What is it about?',
  titleHint: 'Sealed with the talk: the server never learns it.',
  titlePlaceholder: 'Fisheries, second round',
  name: 'Your name',
  namePlaceholder: 'Amina Diallo',
  submit: 'Make the invitation',
  submitting: 'Making the invitation',
  needTitle: 'Give the talk a title, so that guests know what they are invited to.',
  needName: 'Enter the name under which the others will see you.',
  guest: 'Invited to a talk? Open the link you were sent.',
  points: [
    'Picture, sound and words are sealed in your browser and opened in theirs. The server passes on what it can’t read.',
    'Guests need the link and a browser. No account, nothing to install.',
    'A sentence tells you at all times who can hear you.',
  ],
};
