// Seconds since a record was begun, which no change of the wall clock bends and no reload loses.
//
// Within a page the steady clock of the browser counts (performance.now). It stands still while some devices sleep, and
// it begins anew with every page; so a beat (how far, at what wall time) is written with the record. A jump of the wall
// clock is taken for sleep only where the page was hidden; otherwise somebody has set the clock, and it is passed over.

const JUMP_MS = 2000;
export const AWAY_S = 120; // a page that was away longer was not watched by: the record ends at its last beat

export class Clock {
  constructor({ elapsed = 0, steady = () => performance.now(), wall = () => Date.now() } = {}) {
    this.steady = steady;
    this.wall = wall;
    this.slept = 0;
    this.hidden = false;
    this.from = steady() - elapsed * 1000;
    this.seen = { steady: steady(), wall: wall() };
  }

  hide() {
    this.look();
    this.hidden = true;
  }

  // Compares both clocks; called at every reading. Time that only the wall clock counted while hidden was sleep.
  look() {
    const now = { steady: this.steady(), wall: this.wall() };
    const jump = now.wall - this.seen.wall - (now.steady - this.seen.steady);
    if (this.hidden && jump > JUMP_MS) this.slept += jump;
    if (typeof document === "undefined" || document.visibilityState === "visible") this.hidden = false;
    this.seen = now;
    return (now.steady - this.from + this.slept) / 1000;
  }

  beat() {
    return { elapsed: this.look(), wall: this.wall() };
  }
}

// Where a record stands that was begun in a page that is gone: it goes on, or it ended at its last beat.
export function resumed(record, wall = Date.now()) {
  const away = Math.max(0, (wall - record.beat.wall) / 1000); // a clock that was set back says nothing: no time is added
  const elapsed = record.beat.elapsed + away;
  return away <= AWAY_S && elapsed < record.seconds ? { elapsed } : { ended: Math.min(record.beat.elapsed, record.seconds) };
}
