import { expect, test } from 'vitest';
import { Devices, type MediaDevicesApi } from '../media/devices';
import { Room } from './room';
import type { RoomParts } from './room-parts';

test('whoever is deaf is mute; the microphone comes back as it was', async () => {
  const room = await entered();
  await room.setDeaf(true);
  expect([room.deaf.get(), spoken(room)]).toEqual([true, false]);
  await room.setDeaf(false);
  expect([room.deaf.get(), spoken(room)]).toEqual([false, true]);
  await room.setMicrophone(false);
  await room.setDeaf(true);
  await room.setDeaf(false);
  expect(spoken(room)).toBe(false);
});

test('speaking ends being deaf, holding a key doesn’t', async () => {
  const room = await entered();
  await room.setDeaf(true);
  expect(room.talk()).toBe(false);
  await room.setMicrophone(true);
  expect([room.deaf.get(), spoken(room)]).toEqual([false, true]);
});

test('with push to talk the microphone is closed until it is held, and muting lets go of it', async () => {
  const room = await entered();
  room.setPushToTalk(true);
  expect(spoken(room)).toBe(false);
  expect(room.talk()).toBe(true);
  await settled();
  expect([spoken(room), room.pushToTalk.held.get()]).toEqual([true, true]);
  await room.setMicrophone(false);
  expect([spoken(room), room.pushToTalk.held.get()]).toEqual([false, false]);
  await room.setMicrophone(true);
  expect(spoken(room)).toBe(false);
  room.setPushToTalk(false);
  await room.setMicrophone(true);
  expect(spoken(room)).toBe(true);
  await room.leave();
});

const settled = () => new Promise((resolve) => setTimeout(resolve));
const spoken = (room: Room) => room.devices.tracks.get().microphone !== undefined;

async function entered(): Promise<Room> {
  const track = () => ({ kind: 'audio', readyState: 'live', enabled: true, stop() {}, getSettings: () => ({}) });
  const api = {
    getUserMedia: () => Promise.resolve({ getTracks: () => [track()], getAudioTracks: () => [track()], getVideoTracks: () => [] }),
    enumerateDevices: () => Promise.resolve([]),
    addEventListener: () => undefined,
  } as unknown as MediaDevicesApi;
  const silent = new Proxy({}, { get: () => () => undefined });
  const room = new Room({ talk: 'talk', fragment: '2.secret', seat: '{}' } as never, {
    e2ee: silent,
    devices: new Devices(api, false),
    origin: 'https://talks.example',
    now: () => performance.now(),
    signalling: () => silent,
    media: () => silent,
  } as unknown as RoomParts);
  room.enter();
  await room.setMicrophone(true);
  return room;
}
