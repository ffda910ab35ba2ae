//! Treemaps: what is nested in what, and how a rectangle is divided among it.

mod names;
mod paths;

pub use names::short;
pub use paths::{Paths, View};

/// A rectangle; `y` grows downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    /// The left edge.
    pub x: f64,
    /// The upper edge.
    pub y: f64,
    /// The width.
    pub width: f64,
    /// The height.
    pub height: f64,
}

impl Rectangle {
    /// What is left within a margin on each side, and one more at the top; nothing, if it is too small for them.
    pub fn within(self, margin: f64, top: f64) -> Self {
        Self {
            x: self.x + margin,
            y: self.y + margin + top,
            width: (self.width - 2.0 * margin).max(0.0),
            height: (self.height - 2.0 * margin - top).max(0.0),
        }
    }
}

/// Divides an area among weights, in pieces as close to squares as can be had in one pass (after Bruls, Huizing and
/// van Wijk, "Squarified treemaps"). The weights are positive, the largest first; the pieces are in their order.
pub fn squarify(weights: &[f64], area: Rectangle) -> Vec<Rectangle> {
    let mut pieces = Vec::with_capacity(weights.len());
    let mut left = area;
    let scale = area.width * area.height / weights.iter().sum::<f64>();
    let mut weights = weights;
    while let Some(largest) = weights.first() {
        let side = left.width.min(left.height);
        // A row of pieces along the shorter side: it grows as long as its most oblong piece gets no worse.
        let (mut length, mut sum) = (1, largest * scale);
        let oblong = |piece: f64, sum: f64| (side * side * piece / (sum * sum)).max(sum * sum / (side * side * piece));
        let worst = |smallest: f64, sum: f64| oblong(largest * scale, sum).max(oblong(smallest, sum));
        let mut worst_so_far = worst(sum, sum);
        while let Some(next) = weights.get(length).map(|next| next * scale) {
            let worst = worst(next, sum + next);
            if worst > worst_so_far {
                break;
            }
            (length, sum, worst_so_far) = (length + 1, sum + next, worst);
        }
        let (row, rest) = weights.split_at(length);
        let depth = if side > 0.0 { sum / side } else { 0.0 };
        let mut offset = 0.0;
        for weight in row {
            let extent = if depth > 0.0 { weight * scale / depth } else { 0.0 };
            pieces.push(if left.width < left.height {
                Rectangle { x: left.x + offset, y: left.y, width: extent, height: depth }
            } else {
                Rectangle { x: left.x, y: left.y + offset, width: depth, height: extent }
            });
            offset += extent;
        }
        if left.width < left.height {
            left = Rectangle { y: left.y + depth, height: (left.height - depth).max(0.0), ..left };
        } else {
            left = Rectangle { x: left.x + depth, width: (left.width - depth).max(0.0), ..left };
        }
        weights = rest;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn area(width: f64, height: f64) -> Rectangle {
        Rectangle { x: 3.0, y: 5.0, width, height }
    }

    #[test]
    fn the_example_of_the_paper() {
        let pieces =
            squarify(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], Rectangle { x: 0.0, y: 0.0, width: 6.0, height: 4.0 });
        let rounded = |value: f64| (value * 100.0).round() / 100.0;
        let sizes: Vec<_> = pieces.iter().map(|piece| (rounded(piece.width), rounded(piece.height))).collect();
        assert_eq!(sizes, [(3.0, 2.0), (3.0, 2.0), (1.71, 2.33), (1.29, 2.33), (1.2, 1.67), (1.2, 1.67), (0.6, 1.67)]);
    }

    #[test]
    fn nothing_is_divided_into_nothing() {
        assert_eq!(squarify(&[], area(10.0, 10.0)), []);
        let pieces = squarify(&[2.0, 1.0], area(0.0, 10.0));
        assert!(pieces.iter().all(|piece| piece.width == 0.0), "{pieces:?}");
    }

    proptest! {
        #[test]
        fn pieces_are_in_proportion_inside_and_apart(
            mut weights in prop::collection::vec(1u32..5000, 1..80),
            width in 20.0..900.0,
            height in 20.0..900.0,
        ) {
            weights.sort_by(|left, right| right.cmp(left));
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            let whole = area(width, height);
            let pieces = squarify(&weights, whole);
            prop_assert_eq!(pieces.len(), weights.len());
            let scale = width * height / weights.iter().sum::<f64>();
            for (index, (piece, weight)) in pieces.iter().zip(&weights).enumerate() {
                prop_assert!((piece.width * piece.height - weight * scale).abs() < 1e-3, "{:?}", piece);
                prop_assert!(piece.x >= whole.x - 1e-6 && piece.x + piece.width <= whole.x + width + 1e-6);
                prop_assert!(piece.y >= whole.y - 1e-6 && piece.y + piece.height <= whole.y + height + 1e-6);
                for other in &pieces[..index] {
                    let apart_x = (piece.x + piece.width).min(other.x + other.width) - piece.x.max(other.x);
                    let apart_y = (piece.y + piece.height).min(other.y + other.height) - piece.y.max(other.y);
                    prop_assert!(apart_x < 1e-6 || apart_y < 1e-6, "{:?} and {:?}", piece, other);
                }
            }
        }
    }
}
