// Signs of point features in a circle of radius 1, as SVG paths: for the tiles and for the legend.

/** `solid` fills the circle with the colour of the class; `mark` is drawn in it, filled or as a line. */
export const SYMBOLS = {
  ring: {},
  bar: { solid: true, mark: 'M-0.62 0H0.62' },
  dot: { mark: 'M0.42 0A0.42 0.42 0 1 1 -0.42 0A0.42 0.42 0 1 1 0.42 0Z', filled: true },
  clock: { mark: 'M0 -0.62V0H0.46' },
  question: { mark: 'M-0.34 -0.3A0.34 0.34 0 1 1 0.06 0.06Q0 0.1 0 0.3M0 0.52V0.66' },
}
