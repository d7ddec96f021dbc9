//! The checks that tests can turn off one at a time, to show that some test notices. Outside of
//! this crate's own tests there is nothing to turn.

macro_rules! checks {
    ($($name:ident $id:literal,)*) => {
        /// A check, under the rule or the signature that it stands for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Check {
            $(#[doc = $id] $name,)*
        }

        #[cfg(test)]
        impl Check {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The rule, or what it makes sure of.
            pub(crate) fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }
    };
}

checks! {
    T1 "R-T1",
    T2 "R-T2",
    T3 "R-T3",
    T4 "R-T4",
    L1 "R-L1",
    L2 "R-L2",
    L3 "R-L3",
    L4 "R-L4",
    L5 "R-L5",
    OfferSignature "an offer's signature",
    OfferHash "the hash by which a claim link names its offer",
    ClaimSignature "a claim's signature",
    ClaimMac "the code that a claim was made with its link",
    Nonce "the commitment to the proposer's nonce",
    SameKey "nobody is on both sides",
    Differs "a first charter follows from its genesis",
    Predecessor "an amendment follows the charter in force",
    CharterSignature "each root's signature under a charter",
    HeadSignature "the root's signature under a head's certificate",
    InviteSignature "the head's signature under an invitation",
    Invited "an automatic invitation vouches for what it offers",
    VoucherSignature "the voucher's signature",
    SeatSignature "the seat key's signature under a seat",
    ApprovalSignature "an approval's signature",
    Approved "every delegation asked has approved a seat",
    EntrySignature "the author's signature under an entry",
    RevocationSignature "the root's signature under a revocation",
    WithdrawalSignature "the seat key's signature under a withdrawal",
    RevokedHead "a revoked head has no say",
    RevokedSeat "a revoked seat doesn't stand",
    Locked "a lock keeps out whom it doesn't list",
    Expired "acts expire",
    Ended "no act comes after the end",
    ClaimPacketSignature "the claimant's head's signature under all that it sends",
    CounterSignature "the proposer's head's signature under its answer",
    CounterClaim "the proposer's answer is to one's own claim",
    DeclineSignature "the proposer's head's signature under a refusal",
    BoxSignature "the seat key's signature under its box",
    AskSignature "the invitation's signature under a wish for a seat",
    Asked "whoever asks by an invitation asks for what it offers",
    HeadInvited "whoever asks to be a head was invited",
    HeadKeySeat "the seat key's signature under its person's key as a head",
    HeadKeyHead "the signature of a head's key under the seat that names it",
    HeadSeat "a head's certificate is of its seat",
    OtherSeat "what is granted is what was asked for",
    RoomBox "the seat key's signature under its box",
    RoomMember "a member gives a team's room its key",
    RoomKeysSignature "the member's signature under a room's key",
    OtherGenesis "whoever took part accepts no other founding",
    LF1 "R-LF1",
    LF2 "R-LF2",
    LF3 "R-LF3",
    LF4 "R-LF4",
    LF5 "R-LF5",
    LF6 "R-LF6",
    LF7 "R-LF7",
    MT1 "R-MT1",
    AG1 "R-AG1",
    AG2 "R-AG2",
    AG3 "R-AG3",
    TM1 "R-TM1",
    CM1 "R-CM1",
    CM2 "R-CM2",
    RO1 "R-RO1",
    RO2 "R-RO2",
    RO3 "R-RO3",
    RO4 "R-RO4",
}

/// What `holds` says; with the check turned off, that all is well.
#[cfg(not(test))]
pub(crate) fn is(_check: Check, holds: bool) -> bool {
    holds
}

#[cfg(test)]
pub(crate) fn is(check: Check, holds: bool) -> bool {
    holds || OFF.get() == Some(check)
}

#[cfg(test)]
std::thread_local! {
    static OFF: core::cell::Cell<Option<Check>> = const { core::cell::Cell::new(None) };
}

/// Runs `work` on this thread with a check turned off; it may panic.
#[cfg(test)]
pub(crate) fn without(check: Check, work: fn()) -> std::thread::Result<()> {
    OFF.set(Some(check));
    let result = std::panic::catch_unwind(work);
    OFF.set(None);
    result
}
