//! A set that something can be drawn from by chance.

use std::collections::BTreeMap;

use super::dice::Dice;

/// Each member once, drawn with equal chance.
#[derive(Debug)]
pub(super) struct Pool<T> {
    members: Vec<T>,
    places: BTreeMap<T, usize>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { members: Vec::new(), places: BTreeMap::new() }
    }
}

impl<T: Ord + Copy> Pool<T> {
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn draw(&self, dice: &mut Dice) -> Option<T> {
        (!self.members.is_empty()).then(|| self.members[dice.index(self.members.len())])
    }

    /// Puts it in or takes it out, whichever is to be.
    pub(super) fn keep(&mut self, member: T, is_in: bool) {
        if is_in {
            if !self.places.contains_key(&member) {
                self.places.insert(member, self.members.len());
                self.members.push(member);
            }
        } else if let Some(place) = self.places.remove(&member) {
            self.members.swap_remove(place);
            if let Some(moved) = self.members.get(place) {
                self.places.insert(*moved, place);
            }
        }
    }
}
