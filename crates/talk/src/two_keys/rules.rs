use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use core::fmt;

/// How many delegations a talk may have.
pub const MAX_DELEGATIONS: usize = 16;

/// A delegation's place in the charter, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DelegationIndex(pub u8);

impl DelegationIndex {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            index if usize::from(index) < MAX_DELEGATIONS => Ok(Self(index)),
            _ => Err(DecodeError::Value),
        }
    }

    /// The index into a list of delegations.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// A set of delegations: bit `d` is delegation `d`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Delegations(pub u16);

impl Delegations {
    /// The set with `delegation` added.
    #[must_use]
    pub fn with(self, delegation: DelegationIndex) -> Self {
        Self(self.0 | 1u16.checked_shl(delegation.0.into()).unwrap_or(0))
    }

    /// Whether `delegation` is in it.
    #[must_use]
    pub fn has(self, delegation: DelegationIndex) -> bool {
        self.0
            .checked_shr(delegation.0.into())
            .is_some_and(|bits| bits & 1 == 1)
    }

    /// Whether all of `other` are in it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Those in it, in order.
    pub fn iter(self) -> impl Iterator<Item = DelegationIndex> {
        (0..16)
            .map(DelegationIndex)
            .filter(move |delegation| self.has(*delegation))
    }
}

impl FromIterator<DelegationIndex> for Delegations {
    fn from_iter<I: IntoIterator<Item = DelegationIndex>>(delegations: I) -> Self {
        delegations.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Debug for Delegations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delegations({:#b})", self.0)
    }
}

/// How a person of one delegation is admitted by the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admit {
    /// Each seat needs an approval by every delegation in the consent mask.
    Each,
    /// A delegation's own voucher is enough.
    Roster,
}

/// What needs the keys of several delegations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Matter {
    /// A seat is approved (with [`Admit::Each`]).
    Admit = 0,
    /// A seat is revoked.
    Eject = 1,
    /// A room is locked: only the seats listed may be in it.
    Lock = 2,
    /// A room is unlocked.
    Unlock = 3,
    /// The talk ends.
    End = 4,
    /// The rules change.
    Rules = 5,
    /// A readout is published.
    Publish = 6,
}

impl Matter {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Admit,
        Self::Eject,
        Self::Lock,
        Self::Unlock,
        Self::End,
        Self::Rules,
        Self::Publish,
    ];

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = usize::from(reader.u8()?);
        Self::ALL.get(number).copied().ok_or(DecodeError::Value)
    }
}

/// The two-key rules of a talk: who has to agree to what.
///
/// ```text
/// struct { uint8 admit (1 each, 2 roster); uint16 consent[7]; } Rules;      bit d: delegation d
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How people are admitted.
    pub admit: Admit,
    consent: [Delegations; Matter::ALL.len()],
}

impl Rules {
    /// The rules that ask every delegation in `all` for everything.
    #[must_use]
    pub fn all_of(all: Delegations, admit: Admit) -> Self {
        Self {
            admit,
            consent: [all; Matter::ALL.len()],
        }
    }

    /// These rules with another mask for one matter.
    #[must_use]
    pub fn with(mut self, matter: Matter, consent: Delegations) -> Self {
        self.consent[matter as usize] = consent;
        self
    }

    /// Who has to agree.
    #[must_use]
    pub fn consent(&self, matter: Matter) -> Delegations {
        self.consent[matter as usize]
    }

    /// R-T1: every delegation that isn't neutral is asked in every matter, and nobody is asked
    /// who isn't there. Rules under which one side could decide alone are none.
    #[must_use]
    pub fn are_two_keyed(&self, principals: Delegations, all: Delegations) -> bool {
        let mut masks = self.consent.iter();
        is(
            Check::T1,
            masks.all(|mask| mask.covers(principals) && all.covers(*mask)),
        )
    }

    /// The encoding.
    pub fn write(&self, out: &mut Writer) {
        out.u8(match self.admit {
            Admit::Each => 1,
            Admit::Roster => 2,
        });
        for mask in &self.consent {
            out.u16(mask.0);
        }
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let admit = match reader.u8()? {
            1 => Admit::Each,
            2 => Admit::Roster,
            _ => return Err(DecodeError::Value),
        };
        let mut consent = [Delegations::default(); Matter::ALL.len()];
        for mask in &mut consent {
            *mask = Delegations(reader.u16()?);
        }
        Ok(Self { admit, consent })
    }
}
