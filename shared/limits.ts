/** Every bound that a caller can meet, in one place, so that a client can check before it sends. */
export const limits = {
  seatsPerBooking: 9,
  legsPerBooking: 8,
  cabinsPerFlight: 4,
  capacityPerCabin: 1_000_000,
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
  messageBytes: 20 * 1024 * 1024,
  httpBodyBytes: 20 * 1024 * 1024,
  callsPerBatch: 50,
} as const;
