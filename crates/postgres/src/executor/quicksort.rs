//! The sorting algorithms of PostgreSQL, step by step, since neither is stable and the order they leave equal
//! rows in shows in every `ORDER BY` that does not decide.
//!
//! [`quicksort`] is the one Bentley and McIlroy describe in "Engineering a Sort Function", with a check for
//! sorted input. [`Bounded`] keeps the first rows only, in a heap.

use std::cmp::Ordering;

/// Sorts in place.
pub fn quicksort<T>(items: &mut [T], compare: &mut dyn FnMut(&T, &T) -> Ordering) {
    let mut items = items;
    loop {
        if items.is_sorted_by(|a, b| compare(a, b).is_le()) {
            return;
        }
        if items.len() < 7 {
            return insertion_sort(items, compare);
        }
        let (smaller, larger) = partition(items, compare);
        let length = items.len();
        let ((left, right), left_is_smaller) = ((smaller, larger), smaller <= larger);
        let (head, tail) = items.split_at_mut(length - right);
        let head = head.get_mut(..left).unwrap_or_default();
        let (first, then) = if left_is_smaller { (head, tail) } else { (tail, head) };
        if first.len() > 1 {
            quicksort(first, compare);
        }
        if then.len() <= 1 {
            return;
        }
        items = then;
    }
}

fn insertion_sort<T>(items: &mut [T], compare: &mut dyn FnMut(&T, &T) -> Ordering) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && compare_at(items, at - 1, at, compare).is_gt() {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

fn compare_at<T>(items: &[T], i: usize, j: usize, compare: &mut dyn FnMut(&T, &T) -> Ordering) -> Ordering {
    match (items.get(i), items.get(j)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    }
}

/// Puts what is less than the pivot to the left and what is greater to the right; gives how many they are.
fn partition<T>(items: &mut [T], compare: &mut dyn FnMut(&T, &T) -> Ordering) -> (usize, usize) {
    let n = items.len();
    let pivot = choose_pivot(items, compare);
    items.swap(0, pivot);
    // Equal ones gather at both ends: items[..a] and items[d + 1..].
    let (mut a, mut b, mut c, mut d) = (1, 1, n - 1, n - 1);
    loop {
        while b <= c {
            match compare_at(items, b, 0, compare) {
                Ordering::Greater => break,
                Ordering::Equal => {
                    items.swap(a, b);
                    a += 1;
                }
                Ordering::Less => {}
            }
            b += 1;
        }
        while b <= c {
            match compare_at(items, c, 0, compare) {
                Ordering::Less => break,
                Ordering::Equal => {
                    items.swap(c, d);
                    d -= 1;
                }
                Ordering::Greater => {}
            }
            c -= 1;
        }
        if b > c {
            break;
        }
        items.swap(b, c);
        b += 1;
        c -= 1;
    }
    let left = a.min(b - a);
    (0..left).for_each(|i| items.swap(i, b - left + i));
    let right = (d - c).min(n - 1 - d);
    (0..right).for_each(|i| items.swap(b + i, n - right + i));
    (b - a, d - c)
}

fn choose_pivot<T>(items: &[T], compare: &mut dyn FnMut(&T, &T) -> Ordering) -> usize {
    let n = items.len();
    let (mut low, mut middle, mut high) = (0, n / 2, n - 1);
    if n > 40 {
        let d = n / 8;
        low = median(items, [low, low + d, low + 2 * d], compare);
        middle = median(items, [middle - d, middle, middle + d], compare);
        high = median(items, [high - 2 * d, high - d, high], compare);
    }
    if n > 7 {
        middle = median(items, [low, middle, high], compare);
    }
    middle
}

fn median<T>(items: &[T], [a, b, c]: [usize; 3], compare: &mut dyn FnMut(&T, &T) -> Ordering) -> usize {
    let mut less = |i, j| compare_at(items, i, j, compare).is_lt();
    if less(a, b) {
        if less(b, c) {
            b
        } else if less(a, c) {
            c
        } else {
            a
        }
    } else if less(c, b) {
        b
    } else if less(a, c) {
        a
    } else {
        c
    }
}

/// The first `bound` of many items: kept as a list until there are twice as many, then in a heap whose top is
/// the last of those kept.
pub struct Bounded<T> {
    bound: usize,
    items: Vec<T>,
    is_heap: bool,
}

impl<T> Bounded<T> {
    pub fn new(bound: usize) -> Bounded<T> {
        Bounded {
            bound,
            items: Vec::new(),
            is_heap: false,
        }
    }

    pub fn push(&mut self, item: T, compare: &mut dyn FnMut(&T, &T) -> Ordering) {
        if self.is_heap {
            self.offer(item, compare);
            return;
        }
        self.items.push(item);
        if self.items.len() > self.bound.saturating_mul(2) {
            self.is_heap = true;
            for item in std::mem::take(&mut self.items) {
                if self.items.len() < self.bound {
                    self.add(item, compare);
                } else {
                    self.offer(item, compare);
                }
            }
        }
    }

    /// Whether the heap has been made, as EXPLAIN ANALYZE tells.
    pub fn is_heap(&self) -> bool {
        self.is_heap
    }

    /// The items in order.
    pub fn finish(mut self, compare: &mut dyn FnMut(&T, &T) -> Ordering) -> Vec<T> {
        if !self.is_heap {
            quicksort(&mut self.items, compare);
            return self.items;
        }
        let mut last_first = Vec::with_capacity(self.items.len());
        while let Some(replacement) = self.items.pop() {
            let top = match self.items.first_mut() {
                None => replacement,
                Some(top) => {
                    let top = std::mem::replace(top, replacement);
                    self.sift_down(compare);
                    top
                }
            };
            last_first.push(top);
        }
        last_first.reverse();
        last_first
    }

    fn add(&mut self, item: T, compare: &mut dyn FnMut(&T, &T) -> Ordering) {
        let mut at = self.items.len();
        self.items.push(item);
        while at > 0 {
            let parent = (at - 1) / 2;
            if compare_at(&self.items, at, parent, compare).is_le() {
                break;
            }
            self.items.swap(at, parent);
            at = parent;
        }
    }

    /// Takes the place of the last item kept, if it sorts before it.
    fn offer(&mut self, item: T, compare: &mut dyn FnMut(&T, &T) -> Ordering) {
        if let Some(top) = self.items.first_mut()
            && compare(&item, top).is_lt()
        {
            *top = item;
            self.sift_down(compare);
        }
    }

    fn sift_down(&mut self, compare: &mut dyn FnMut(&T, &T) -> Ordering) {
        let (mut at, n) = (0, self.items.len());
        loop {
            let mut child = 2 * at + 1;
            if child >= n {
                return;
            }
            if child + 1 < n && compare_at(&self.items, child, child + 1, compare).is_lt() {
                child += 1;
            }
            if compare_at(&self.items, at, child, compare).is_ge() {
                return;
            }
            self.items.swap(at, child);
            at = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudo_random(n: u64, distinct: u64) -> Vec<u64> {
        (0..n)
            .map(|i| (i * 2_654_435_761 + 12_345) % 1_000_003 % distinct)
            .collect()
    }

    #[test]
    fn items_come_out_in_order() {
        for n in [0, 1, 6, 7, 8, 41, 1000] {
            for distinct in [1, 3, 1_000_003] {
                let items = pseudo_random(n, distinct);
                let (mut sorted, mut expect) = (items.clone(), items.clone());
                quicksort(&mut sorted, &mut |a, b| a.cmp(b));
                expect.sort_unstable();
                assert_eq!(sorted, expect);
                for bound in [1, 3, 50] {
                    let mut kept = Bounded::new(bound);
                    items.iter().for_each(|&item| kept.push(item, &mut |a, b| a.cmp(b)));
                    let mut first = kept.finish(&mut |a, b| a.cmp(b));
                    first.truncate(bound);
                    assert_eq!(first, expect.iter().copied().take(bound).collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn a_few_equal_items_keep_their_order() {
        let mut items = vec![(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')];
        quicksort(&mut items, &mut |a, b| a.0.cmp(&b.0));
        assert_eq!(items, [(1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
    }
}
