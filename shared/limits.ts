/** Every bound that a caller can meet, in one place, so that a client can check before it sends. */
export const limits = {
  seatsPerBooking: 9,
  legsPerBooking: 8,
  cabinsPerFlight: 4,
  capacityPerCabin: 1_000_000,
  faresPerCabin: 6,
  stepsPerLadder: 8,
  searchPageDefault: 20,
  searchPageMax: 200,
  slicesPerSearch: 6,
  placesPerSlice: 10,
  /** The longest connection that may be asked for. */
  connectionMinutesMax: 1_440,
  calendarDaysMax: 366,
  placesPageMax: 50,
  listPageDefault: 50,
  listPageMax: 200,
  flightsPerSeatSubscription: 100,
  importTextBytes: 16 * 1024 * 1024,
  /** Of operators; everybody else's messages are small. */
  messageBytes: 20 * 1024 * 1024,
  strangersMessageBytes: 1024 * 1024,
  httpBodyBytes: 20 * 1024 * 1024,
  callsPerBatch: 50,
  /** Of one address, open to one process. */
  socketsPerAddress: 1_000,
  /** Of one user, or of one address without a user, to one process over sockets. */
  callsPerSecond: 1_000,
  callsAtOnce: 5_000,
  /** Of one WebSocket. */
  socket: {
    /** Calls without an answer; one more is `BUSY`. */
    callsPerSocket: 1_000,
    /** Of those, queries that run at the same time; the others wait for their turn. */
    queriesAtOncePerSocket: 16,
    subscriptionsPerSocket: 500,
    /** What a client has not read; beyond, its socket is closed. */
    bufferedBytesPerSocket: 1024 * 1024,
  },
  placesPerJobAxis: 200,
  datesPerJobAxis: 400,
  combinationsPerJob: 500_000,
  openJobsPerUser: 20,
  shortlist: 100,
  jobResultsPageMax: 1_000,
  coverageCells: 5_000,
  alertsPerUser: 50,
  alertDays: 62,
} as const;
