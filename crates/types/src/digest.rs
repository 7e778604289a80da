//! Message digests: MD5 (RFC 1321) and the SHA-2 family (FIPS 180-4).

use std::sync::OnceLock;

/// The 16 bytes of MD5.
pub fn md5(message: &[u8]) -> [u8; 16] {
    // Shifts of the four rounds; the constants are the sines of 1, 2, 3 ... radians.
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    static CONSTANTS: OnceLock<Vec<u32>> = OnceLock::new();
    let sine = |i| (f64::from(i).sin().abs() * 4_294_967_296.0) as u32;
    let constants = CONSTANTS.get_or_init(|| (1..=64).map(sine).collect());
    let mut state = [0x6745_2301u32, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];
    for block in padded(message, 64, |length| (length as u64).to_le_bytes().to_vec()).chunks_exact(64) {
        let words: Vec<u32> = block
            .chunks_exact(4)
            .map(|w| w.iter().rev().fold(0, |n, &b| n << 8 | u32::from(b)))
            .collect();
        let [mut a, mut b, mut c, mut d] = state;
        for (step, constant) in constants.iter().enumerate() {
            let (f, word) = match step / 16 {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let sum = a.wrapping_add(f).wrapping_add(*constant).wrapping_add(words[word % 16]);
            let shift = SHIFTS[step / 16][step % 4];
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(shift)));
        }
        for (sum, value) in state.iter_mut().zip([a, b, c, d]) {
            *sum = sum.wrapping_add(value);
        }
    }
    let mut digest = [0; 16];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    digest
}

/// The message, a 1 bit, zeros, and its length in bits at the end of a block.
fn padded(message: &[u8], block: usize, length: impl Fn(u128) -> Vec<u8>) -> Vec<u8> {
    let length = length(message.len() as u128 * 8);
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    while !(bytes.len() + length.len()).is_multiple_of(block) {
        bytes.push(0);
    }
    bytes.extend(length);
    bytes
}

pub fn sha224(message: &[u8]) -> Vec<u8> {
    // The second halves of the words that SHA-384 starts from.
    let mut digest = sha_256_rounds(message, sha384_start().map(|word| word as u32));
    digest.truncate(28);
    digest
}

pub fn sha256(message: &[u8]) -> Vec<u8> {
    sha_256_rounds(message, sha512_start().map(|word| (word >> 32) as u32))
}

pub fn sha384(message: &[u8]) -> Vec<u8> {
    let mut digest = sha_512_rounds(message, sha384_start());
    digest.truncate(48);
    digest
}

pub fn sha512(message: &[u8]) -> Vec<u8> {
    sha_512_rounds(message, sha512_start())
}

/// Fractions of the square roots of the first eight primes.
fn sha512_start() -> [u64; 8] {
    let mut primes = primes();
    [(); 8].map(|()| root_fraction(primes.next().unwrap_or(2), 2))
}

/// Fractions of the square roots of the ninth to sixteenth prime.
fn sha384_start() -> [u64; 8] {
    let mut primes = primes().skip(8);
    [(); 8].map(|()| root_fraction(primes.next().unwrap_or(2), 2))
}

fn primes() -> impl Iterator<Item = u64> {
    (2u64..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

/// The first 64 bits of the fraction of a square or cube root, by bisection.
fn root_fraction(n: u64, degree: u32) -> u64 {
    // root * 2^64 is the greatest r with r^degree <= n * 2^(64 * degree).
    let at_most = |root: u128| {
        let (whole, fraction) = ((root >> 64) as u64, root as u64);
        power_at_most(whole, fraction, degree, n)
    };
    let mut root = 0u128;
    for bit in (0..69).rev() {
        let tried = root | 1 << bit;
        if at_most(tried) {
            root = tried;
        }
    }
    root as u64
}

/// Whether `(whole + fraction / 2^64)^degree <= n`, exactly, in 32-bit limbs.
fn power_at_most(whole: u64, fraction: u64, degree: u32, n: u64) -> bool {
    let limbs = [fraction as u32, (fraction >> 32) as u32, whole as u32];
    let mut product = vec![1u32];
    for _ in 0..degree {
        product = multiply(&product, &limbs);
    }
    let point = 2 * degree as usize;
    let high = product
        .iter()
        .skip(point)
        .rev()
        .fold(0u128, |sum, &limb| sum << 32 | u128::from(limb));
    let rest = product.iter().take(point).any(|&limb| limb != 0);
    high < u128::from(n) || high == u128::from(n) && !rest
}

fn multiply(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut product = vec![0u32; a.len() + b.len()];
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0u64;
        for (place, &y) in product.iter_mut().skip(i).zip(b.iter().chain(std::iter::once(&0))) {
            let sum = u64::from(*place) + u64::from(x) * u64::from(y) + carry;
            *place = sum as u32;
            carry = sum >> 32;
        }
    }
    product
}

/// The rounds of SHA-256 or SHA-512: they differ in word size, number of rounds and shifts.
macro_rules! sha_rounds {
    ($name:ident, $word:ty, $block:literal, $rounds:literal, $length:ty, $constant_shift:literal,
        $sum0:expr, $sum1:expr, $sigma0:expr, $sigma1:expr) => {
        fn $name(message: &[u8], start: [$word; 8]) -> Vec<u8> {
            const WORD: usize = size_of::<$word>();
            let rotated = |x: $word, shifts: [u32; 3]| {
                x.rotate_right(shifts[0]) ^ x.rotate_right(shifts[1]) ^ x.rotate_right(shifts[2])
            };
            let shifted =
                |x: $word, shifts: [u32; 3]| x.rotate_right(shifts[0]) ^ x.rotate_right(shifts[1]) ^ (x >> shifts[2]);
            // Fractions of the cube roots of the first primes.
            static CONSTANTS: OnceLock<Vec<$word>> = OnceLock::new();
            let constant = |prime| (root_fraction(prime, 3) >> $constant_shift) as $word;
            let constants = CONSTANTS.get_or_init(|| primes().take($rounds).map(constant).collect());
            let mut state = start;
            let bytes = padded(message, $block, |length| {
                (length as $length).to_be_bytes().to_vec()
            });
            for block in bytes.chunks_exact($block) {
                let mut words: Vec<$word> = block
                    .chunks_exact(WORD)
                    .map(|w| w.iter().fold(0, |n, &b| n << 8 | <$word>::from(b)))
                    .collect();
                for i in 16..$rounds {
                    let next = shifted(words[i - 2], $sigma1)
                        .wrapping_add(words[i - 7])
                        .wrapping_add(shifted(words[i - 15], $sigma0))
                        .wrapping_add(words[i - 16]);
                    words.push(next);
                }
                let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
                for (constant, word) in constants.iter().zip(&words) {
                    let first = h
                        .wrapping_add(rotated(e, $sum1))
                        .wrapping_add((e & f) ^ (!e & g))
                        .wrapping_add(*constant)
                        .wrapping_add(*word);
                    let second = rotated(a, $sum0).wrapping_add((a & b) ^ (a & c) ^ (b & c));
                    (h, g, f, e) = (g, f, e, d.wrapping_add(first));
                    (d, c, b, a) = (c, b, a, first.wrapping_add(second));
                }
                for (sum, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                    *sum = sum.wrapping_add(value);
                }
            }
            state.iter().flat_map(|word| word.to_be_bytes()).collect()
        }
    };
}

sha_rounds!(
    sha_256_rounds,
    u32,
    64,
    64,
    u64,
    32,
    [2, 13, 22],
    [6, 11, 25],
    [7, 18, 3],
    [17, 19, 10]
);
sha_rounds!(
    sha_512_rounds,
    u64,
    128,
    80,
    u128,
    0,
    [28, 34, 39],
    [14, 18, 41],
    [1, 8, 7],
    [19, 61, 6]
);

/// Two hexadecimal digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        assert_eq!(hex(&md5(b"")), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(&md5(b"abc")), "900150983cd24fb0d6963f7d28e17f72");
        let long = b"12345678901234567890123456789012345678901234567890123456789012345678901234567890";
        assert_eq!(hex(&md5(long)), "57edf4a22be3c955ac49da2e2107b67a");
        assert_eq!(
            hex(&sha224(b"abc")),
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"
        );
        assert_eq!(
            hex(&sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(hex(&sha384(b"abc")).starts_with("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"));
        assert!(hex(&sha512(b"abc")).starts_with("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"));
    }
}
