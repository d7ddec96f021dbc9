//! How the server cheats.

use crate::Play;
use incamera_e2ee::attack::Forgery;
use incamera_model::StreamName;
use incamera_sim::Conditions;

impl Play {
    pub(crate) fn server(&mut self) {
        let streams = self.streams();
        let stream = streams[self.below(streams.len())].clone();
        let universe = self.below(self.world.logs.len());
        let peer = self.below(self.world.peers.len());
        match self.below(8) {
            0 => {
                let min_ms = self.world.rng.below(30);
                let conditions = Conditions {
                    min_ms,
                    max_ms: min_ms + 10 + self.world.rng.below(400),
                    drop: self.world.rng.below(200),
                    duplicate: self.world.rng.below(200),
                    alter: self.world.rng.below(100),
                    ..self.world.conditions.clone()
                };
                self.world.conditions = conditions;
            }
            1 | 2 => {
                self.world.conditions.withheld_from.insert((peer, stream));
            }
            3 => {
                self.world.conditions.withheld.insert(stream);
            }
            4 => streams.iter().for_each(|stream| self.world.release(stream)),
            5 => self.replay(universe, &stream),
            6 if self.may_fork && self.world.logs.len() < 3 => self.fork(),
            _ => {
                // Anybody who has the key of the room's streams could write this.
                let junk = self.world.rng.seed32();
                let sealed = self.world.of_talk().vault.seal(&stream, &junk, &junk);
                if stream == StreamName::record() {
                    let _ = self.world.write_entry(universe, &junk);
                } else if stream != StreamName::beats(&self.world.room) {
                    self.world
                        .inject(universe, &stream, sealed.expect("it fits"));
                }
            }
        }
    }

    pub(crate) fn streams(&self) -> [StreamName; 5] {
        let room = &self.world.room;
        [
            StreamName::commits(room),
            StreamName::door(room),
            StreamName::messages(room),
            StreamName::beats(room),
            StreamName::record(),
        ]
    }

    /// An entry stands in its stream once more.
    fn replay(&mut self, universe: usize, stream: &StreamName) {
        let entries = self.world.logs[universe].entries(stream);
        if *stream == StreamName::record() || entries.is_empty() {
            return;
        }
        let entry = entries[self.world.rng.below(entries.len() as u64) as usize].clone();
        self.world.inject(universe, stream, entry);
    }

    fn fork(&mut self) {
        let universe = self.world.peers[0].universe;
        let peers: Vec<usize> = (0..self.world.peers.len())
            .filter(|index| self.world.peers[*index].universe == universe)
            .collect();
        let away: Vec<usize> = peers
            .into_iter()
            .filter(|_| self.world.rng.chance(500))
            .collect();
        if away.is_empty() {
            return;
        }
        self.world.conditions.bridge_beats = self.world.rng.chance(500);
        let fresh = self.world.fork(&away);
        self.models.push(self.models[universe].clone());
        for index in away {
            self.read_in[index] = fresh;
        }
        self.forked = true;
        if self.below(2) == 0 && self.is_open(self.mal) {
            self.equivocate([universe, fresh]);
        }
    }

    /// Mal gives the server two commits for one epoch: each side is shown one.
    fn equivocate(&mut self, universes: [usize; 2]) {
        let commits = StreamName::commits(&self.world.room);
        for universe in universes {
            let update = self
                .world
                .with(self.mal, |mal, _| mal.forge(Forgery::SelfUpdate));
            if let Ok(entry) = update {
                self.world.inject(universe, &commits, entry);
            }
        }
    }
}
