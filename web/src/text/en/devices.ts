import type { DeviceProblem } from '../../media/devices';

export const devices = {
  turnOn: { microphone: 'Turn mic on', camera: 'Turn camera on', screen: 'Share screen' },
  turnOff: { microphone: 'Mute mic', camera: 'Turn camera off', screen: 'Stop sharing the screen' },
  problem: {
    microphone: {
      denied:
        'The browser was not allowed to use the microphone. Allow it beside the address, then try again.',
      missing: 'No microphone was found. Plug one in, or enter and listen.',
      busy: 'Another program is using the microphone. Close that program, then try again.',
      insecure:
        'Browsers give out the microphone over HTTPS only. Ask for an address that starts with https://.',
      unplugged: 'The microphone was unplugged. Plug it in, or choose another.',
      other: 'The microphone did not start. Try again, or choose another.',
    } satisfies Record<DeviceProblem, string>,
    camera: {
      denied:
        'The browser was not allowed to use the camera. Allow it beside the address, then try again.',
      missing: 'No camera was found. Plug one in, or enter without.',
      busy: 'Another program is using the camera. Close that program, then try again.',
      insecure:
        'Browsers give out the camera over HTTPS only. Ask for an address that starts with https://.',
      unplugged: 'The camera was unplugged. Plug it in, or choose another.',
      other: 'The camera did not start. Try again, or choose another.',
    } satisfies Record<DeviceProblem, string>,
    screen: {
      denied: 'The browser was not allowed to share the screen.',
      missing: 'There is no screen to share.',
      busy: 'The system did not give out the screen. Try again.',
      insecure: 'Browsers share the screen over HTTPS only.',
      unplugged: 'Sharing has ended.',
      other: 'The screen could not be shared. Try again.',
    } satisfies Record<DeviceProblem, string>,
  },
};
