/** P(Z ≤ z) of a standard normal Z: ½ + density · (z + z³/3 + z⁵/(3·5) + …) (Marsaglia 2004), exact to about 1e-14 for |z| < 7. */
export function normalCdf(z: number): number {
  if (z > 7) return 1;
  if (z < -7) return 0;
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
