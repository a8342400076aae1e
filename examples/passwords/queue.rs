//! A fair queue: callers take turns, and one cannot fill it at the expense of the others.

use std::collections::VecDeque;

/// Waiting jobs, by caller. Callers take turns, however many jobs each has; if the queue is full, the
/// caller with the most jobs loses its last one.
pub struct SharedQueue<C, J> {
    /// In the order of their turns. Each has at least one job; its jobs are in order of arrival.
    callers: VecDeque<(C, VecDeque<J>)>,
}

impl<C: PartialEq, J> SharedQueue<C, J> {
    pub fn new() -> Self {
        Self { callers: VecDeque::new() }
    }

    /// The number of waiting jobs.
    pub fn len(&self) -> usize {
        self.callers.iter().map(|(_, jobs)| jobs.len()).sum()
    }

    /// Adds a job. If `room` jobs wait already, the caller with the most jobs gives up a place to a
    /// caller that has at least two fewer. The error is the job that has no place.
    pub fn push(&mut self, caller: C, job: J, room: usize) -> Result<(), J> {
        let mut pushed_out = Ok(());
        if self.len() >= room {
            let own = self.callers.iter().find(|(it, _)| *it == caller);
            let own = own.map_or(0, |(_, jobs)| jobs.len());
            match self.callers.iter_mut().max_by_key(|(_, jobs)| jobs.len()) {
                // The caller has two jobs or more, so at least one stays.
                Some((_, most)) if most.len() > own + 1 => {
                    pushed_out = most.pop_back().map_or(Ok(()), Err);
                }
                _ => return Err(job),
            }
        }
        match self.callers.iter_mut().find(|(it, _)| *it == caller) {
            Some((_, jobs)) => jobs.push_back(job),
            None => self.callers.push_back((caller, [job].into())),
        }
        pushed_out
    }

    /// The first job of the caller whose turn it is.
    pub fn pop(&mut self) -> Option<J> {
        let (caller, mut jobs) = self.callers.pop_front()?;
        let job = jobs.pop_front();
        if !jobs.is_empty() {
            self.callers.push_back((caller, jobs));
        }
        job
    }

    /// Removes the jobs for which `is_wanted` is false.
    pub fn retain(&mut self, is_wanted: impl Fn(&J) -> bool) {
        self.callers.retain_mut(|(_, jobs)| {
            jobs.retain(&is_wanted);
            !jobs.is_empty()
        });
    }
}
