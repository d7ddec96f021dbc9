//! The code of an invitation: a link's seed as 28 characters that can be read out and typed.
//!
//! 26 characters of Crockford's base32 are the seed, the last two are a Reed-Solomon check over
//! GF(32) of length 28 and distance 3: whichever one or two characters are wrong, it is noticed.

use zeroize::Zeroizing;

pub(crate) const SEED_BYTES: usize = 16;
const SEED_SYMBOLS: usize = 26;
const SYMBOLS: usize = SEED_SYMBOLS + 2;
const GROUP: usize = 4;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// `(x + 1)^-1` in GF(2)[x] / (x^5 + x^2 + 1).
const INVERSE_OF_3: u8 = 0x1c;

/// Why a text isn't a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeError {
    /// Nothing but blanks.
    Empty,
    /// Fewer characters than a code has.
    Incomplete,
    /// A character that isn't in the alphabet, too many of them, or the check fails.
    Mistyped,
}

/// Writes a seed in groups of four.
pub(crate) fn encode(seed: &[u8; SEED_BYTES]) -> String {
    let mut symbols = Zeroizing::new([0u8; SYMBOLS]);
    // 128 bits in symbols of 5: the last one has two zeros at its end.
    let bits = u128::from_be_bytes(*seed);
    for (at, symbol) in symbols.iter_mut().take(SEED_SYMBOLS).enumerate() {
        let end = 5 * (at + 1);
        *symbol = match end.checked_sub(128) {
            None => (bits >> (128 - end)) as u8 & 31,
            Some(over) => (bits << over) as u8 & 31,
        };
    }
    let (sum, weighted) = syndromes(&symbols);
    let first = multiply(sum ^ weighted, INVERSE_OF_3);
    symbols[SEED_SYMBOLS] = first;
    symbols[SEED_SYMBOLS + 1] = sum ^ first;
    let mut text = String::with_capacity(SYMBOLS + SYMBOLS / GROUP);
    for (at, symbol) in symbols.iter().enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(symbol & 31)]));
    }
    text
}

/// Reads what somebody typed: case, blanks, hyphens, O for 0, I and L for 1 and Arabic digits are
/// forgiven.
pub(crate) fn decode(text: &str) -> Result<Zeroizing<[u8; SEED_BYTES]>, CodeError> {
    let mut symbols = Zeroizing::new([0u8; SYMBOLS]);
    let mut count = 0;
    for character in text.chars().filter(|character| !is_skipped(*character)) {
        let symbol = symbol(character).ok_or(CodeError::Mistyped)?;
        *symbols.get_mut(count).ok_or(CodeError::Mistyped)? = symbol;
        count += 1;
    }
    match count {
        0 => return Err(CodeError::Empty),
        SYMBOLS => {}
        _ => return Err(CodeError::Incomplete),
    }
    if syndromes(&symbols) != (0, 0) || symbols[SEED_SYMBOLS - 1] & 3 != 0 {
        return Err(CodeError::Mistyped);
    }
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    let (last, whole) = symbols[..SEED_SYMBOLS].split_last().unwrap_or((&0, &[]));
    let bits = whole
        .iter()
        .fold(0u128, |bits, symbol| (bits << 5) | u128::from(*symbol));
    seed.copy_from_slice(&((bits << 3) | u128::from(last >> 2)).to_be_bytes());
    Ok(seed)
}

/// Blanks, hyphens of all kinds, and the marks that a right-to-left page adds when it is copied.
fn is_skipped(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' | '\u{feff}'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        )
}

fn symbol(typed: char) -> Option<u8> {
    let known = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        arabic @ '\u{660}'..='\u{669}' => digit(arabic, 0x660)?,
        persian @ '\u{6f0}'..='\u{6f9}' => digit(persian, 0x6f0)?,
        other => other,
    };
    let at = ALPHABET
        .iter()
        .position(|letter| char::from(*letter) == known)?;
    u8::try_from(at).ok()
}

fn digit(typed: char, zero: u32) -> Option<char> {
    char::from_digit(u32::from(typed).checked_sub(zero)?, 10)
}

/// The sum of all symbols, and their sum weighted by powers of x: both are zero for a code.
fn syndromes(symbols: &[u8; SYMBOLS]) -> (u8, u8) {
    symbols.iter().fold((0, 0), |(sum, weighted), symbol| {
        (sum ^ symbol, multiply(weighted, 2) ^ symbol)
    })
}

/// In GF(2)[x] / (x^5 + x^2 + 1).
fn multiply(a: u8, b: u8) -> u8 {
    (0..5).rev().fold(0, |product, bit| {
        let doubled = product << 1;
        let reduced = if doubled & 0x20 == 0 {
            doubled
        } else {
            doubled ^ 0x25
        };
        if b >> bit & 1 == 0 {
            reduced
        } else {
            reduced ^ a
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_field() {
        assert_eq!(multiply(3, INVERSE_OF_3), 1);
        let orders = (1..31).filter(|n| (0..*n).fold(1, |power, _| multiply(power, 2)) == 1);
        assert_eq!(orders.count(), 0, "x is a primitive element");
    }

    #[test]
    fn known_codes() {
        assert_eq!(encode(&[0; 16]), "0000-0000-0000-0000-0000-0000-0000");
        let code = encode(&[0xff; 16]);
        assert!(
            code.starts_with("ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZW"),
            "{code}"
        );
    }

    #[test]
    fn what_is_forgiven() {
        let seed = [
            0x08, 0x42, 0x10, 0x84, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
        ];
        let code = encode(&seed);
        let typed = [
            code.to_lowercase(),
            code.replace('-', ""),
            code.replace('-', " \u{200f}\u{2013}\n"),
            code.replace('0', "o").replace('1', "l"),
            code.replace('0', "O").replace('1', "I"),
            code.replace('0', "\u{660}").replace('1', "\u{6f1}"),
        ];
        for typed in typed {
            assert_eq!(decode(&typed).as_deref(), Ok(&seed), "{typed}");
        }
    }

    #[test]
    fn what_is_not() {
        let code = encode(&[7; 16]);
        assert_eq!(decode(" - "), Err(CodeError::Empty));
        assert_eq!(decode(&code[..20]), Err(CodeError::Incomplete));
        assert_eq!(decode(&format!("{code}0")), Err(CodeError::Mistyped));
        assert_eq!(
            decode(&code.replacen('E', "U", 1)),
            Err(CodeError::Mistyped)
        );
    }

    proptest! {
        #[test]
        fn round_trip(seed: [u8; 16]) {
            let code = encode(&seed);
            prop_assert_eq!(code.len(), 34);
            let read = decode(&code);
            prop_assert_eq!(read.as_deref(), Ok(&seed));
        }

        /// Whichever one or two characters are wrong; two that changed places are among them.
        #[test]
        fn one_or_two_wrong_characters_are_noticed(
            seed: [u8; 16],
            first in 0..28usize,
            second in 0..28usize,
            one in 1..32u8,
            other in 1..32u8,
        ) {
            let code = encode(&seed).replace('-', "");
            let mut symbols: Vec<u8> = code.chars().map(|c| symbol(c).unwrap()).collect();
            symbols[first] ^= one;
            if second != first {
                symbols[second] ^= other;
            }
            let wrong: String = symbols.iter().map(|s| char::from(ALPHABET[usize::from(*s)])).collect();
            prop_assert_eq!(decode(&wrong), Err(CodeError::Mistyped));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            if let Ok(seed) = decode(&text) {
                prop_assert_eq!(decode(&encode(&seed)), Ok(seed));
            }
        }
    }
}
