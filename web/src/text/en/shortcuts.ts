export const shortcuts = {
  heading: 'Keyboard shortcuts',
};
