//! Whether numbers grow.

/// How much a line through the samples grows from the first to the last, as a share of their mean.
/// A sample is a time in seconds and a value.
pub(crate) fn growth(samples: &[(f64, f64)]) -> Option<f64> {
    let count = samples.len() as f64;
    let (first, last) = (samples.first()?, samples.last()?);
    let mean_time = samples.iter().map(|(time, _)| time).sum::<f64>() / count;
    let mean = samples.iter().map(|(_, value)| value).sum::<f64>() / count;
    let spread: f64 = samples
        .iter()
        .map(|(time, _)| (time - mean_time).powi(2))
        .sum();
    let slope: f64 = samples
        .iter()
        .map(|(time, value)| (time - mean_time) * (value - mean))
        .sum();
    let growth = slope / spread * (last.0 - first.0) / mean;
    growth.is_finite().then_some(growth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: impl Fn(f64) -> f64, expected: f64) {
        let samples: Vec<_> = (0..100)
            .map(f64::from)
            .map(|time| (time, value(time)))
            .collect();
        let found = growth(&samples).unwrap();
        assert!((found - expected).abs() < 0.002, "{found}");
    }

    #[test]
    fn a_slope_is_told_from_a_wobble() {
        check(|_| 50.0, 0.0);
        check(|time| 50.0 + time / 99.0, 1.0 / 50.5);
        check(|time| 50.0 - time / 99.0, -1.0 / 49.5);
        check(|time| 50.0 + (time % 2.0), 0.0);
    }

    #[test]
    fn too_few_samples_say_nothing() {
        assert_eq!(growth(&[]), None);
        assert_eq!(growth(&[(1.0, 2.0)]), None);
    }
}
