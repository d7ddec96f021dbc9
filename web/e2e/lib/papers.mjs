// What a readout is saved as: who signed it, and who can be found in it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { saved } from './life.mjs';

/** A readout as its page saves it: the signed text, a page with everything, and data for programs. */
export async function exported(one) {
  const text = await saved(one, () => one.click('export-text'));
  const page = await saved(one, () => one.click('export-page'));
  const data = await saved(one, () => one.click('export-data'));
  const { signatures, text: same } = JSON.parse(data);
  assert.equal(same, text);
  assert.match(page, /openssl pkeyutl -verify/);
  return { text, page, data, signatures };
}

/** By OpenSSL alone: each signature holds over the text, and over no other. */
export function verify({ text, signatures }) {
  assert.equal(signatures.length, 2);
  const folder = mkdtempSync(join(tmpdir(), 'incamera-readout-'));
  const file = (name) => join(folder, name);
  const holds = () =>
    spawnSync('openssl', ['pkeyutl', '-verify', '-pubin', '-inkey', file('key.pem'), '-rawin', '-in', file('readout.txt'), '-sigfile', file('sig')]).status === 0;
  try {
    for (const { pem, signature } of signatures) {
      const [signed, sig] = [Buffer.from(text), Buffer.from(signature, 'base64url')];
      writeFileSync(file('key.pem'), pem);
      writeFileSync(file('sig'), sig);
      writeFileSync(file('readout.txt'), signed);
      assert.ok(holds());
      for (const at of places(signed.length)) {
        writeFileSync(file('readout.txt'), changed(signed, at));
        assert.ok(!holds(), `byte ${at} of the text`);
      }
      writeFileSync(file('readout.txt'), signed);
      for (const at of places(sig.length)) {
        writeFileSync(file('sig'), changed(sig, at));
        assert.ok(!holds(), `byte ${at} of the signature`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first byte, the last one, and ten between. */
function places(length) {
  return Array.from({ length: 12 }, (_, nth) => Math.round((nth * (length - 1)) / 11));
}

function changed(bytes, at) {
  const other = Buffer.from(bytes);
  other[at] ^= 1;
  return other;
}

/** Which of these words a file has, as they are or encoded. */
export function leaks(file, words) {
  return words.filter((word) => disguises(word).some((form) => file.includes(form)));
}

/** A word as files may have it: as it is, escaped for JSON, HTML and addresses, and in hexadecimal and base64. */
function disguises(word) {
  const escaped = (write) => [...word].map((one) => (/[\x20-\x7e]/.test(one) ? one : write(one.codePointAt(0)))).join('');
  const json = (point) => `\\u${point.toString(16).padStart(4, '0')}`;
  const forms = [word, escaped(json), escaped((point) => `&#${point};`), escaped((point) => `&#x${point.toString(16)};`), encodeURIComponent(word)];
  for (const bytes of [Buffer.from(word, 'utf8'), Buffer.from(word, 'utf16le')]) {
    const hex = bytes.toString('hex');
    forms.push(hex, hex.toUpperCase());
    // In base64 a word looks different by where it begins; letters at its ends belong to its neighbours too.
    for (const before of [0, 1, 2]) {
      const end = Math.floor(((before + bytes.length) * 4) / 3);
      for (const alphabet of ['base64', 'base64url']) {
        forms.push(Buffer.concat([Buffer.alloc(before), bytes]).toString(alphabet).slice(before === 0 ? 0 : before + 1, end));
      }
    }
  }
  return forms;
}
