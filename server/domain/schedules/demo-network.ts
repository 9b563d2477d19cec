import type { CabinClass } from '../../../shared/flight.ts';

/**
 * The fictional airlines of the demo timetable and where they fly.
 *
 * No designator here belongs to an airline of the world, now or, as far as public registers tell, ever: whoever
 * sees N1 204 in a log knows that it is play.
 */
export interface DemoCarrier {
  code: string;
  name: string;
  /** Percent of the fare by distance. */
  farePercent: number;
  /** Sold where the aircraft is large enough; always from economy up. */
  cabins: readonly CabinClass[];
  /** One base a line: `JFK: LHR4 CDG2` flies four times a day to LHR and back, and twice to CDG. */
  routes: readonly string[];
}

const oneCabin = ['economy'] as const;
const twoCabins = ['economy', 'business'] as const;
const threeCabins = ['economy', 'premium_economy', 'business'] as const;
const fourCabins = ['economy', 'premium_economy', 'business', 'first'] as const;

/** Order matters: flight numbers are counted through the routes, so a new route goes to the end of its carrier. */
export const demoNetwork: readonly DemoCarrier[] = [
  {
    code: 'N1',
    name: 'Northlight Airways',
    farePercent: 104,
    cabins: threeCabins,
    routes: [
      'JFK: LHR4 CDG2 FRA1 MAD1 FCO1 AMS1 LAX5 SFO4 SEA1 MIA3 BOS3 YYZ2 MEX1 GRU1 HND1 DEN1 LAS1 SJU1 CUN1',
      'LGA: ORD5 DCA5 BOS4 ATL3 YYZ1',
      'ORD: LHR2 FRA1 HND1 LAX4 SFO3 DEN3 DFW2 MSP2 YYZ2 MIA1 SEA1 BOS2',
      'ATL: MIA3 MCO3 LHR1 CDG1 LAX2 DFW2 BOS2 DEN1',
    ],
  },
  {
    code: 'K1',
    name: 'Kestrel Pacific',
    farePercent: 100,
    cabins: threeCabins,
    routes: [
      'SFO: LAX8 SEA4 LAS3 SAN3 DEN2 HND1 ICN1 HKG1 LHR1 SIN1 SYD1 HNL2 EWR3 YVR2',
      'LAX: SEA3 LAS4 PHX2 DEN2 HNL2 HND1 SYD1 AKL1 LHR1 MEX1 DFW2 ICN1',
      'SEA: ANC2 HNL1 YVR2 NRT1',
    ],
  },
  {
    code: 'G1',
    name: 'Goldfinch',
    farePercent: 68,
    cabins: oneCabin,
    routes: [
      'DEN: LAS3 PHX3 DFW2 MCO1 SLC2 AUS2',
      'MCO: PHL2 BOS1 EWR2 SJU1',
      'DFW: IAH3 LAS2 MIA1 AUS2',
      'LAS: SFO2 LAX3',
    ],
  },
  {
    code: 'E1',
    name: 'Emberline',
    farePercent: 108,
    cabins: fourCabins,
    routes: [
      'LHR: JFK5 BOS1 ORD1 LAX2 SFO1 IAD1 MIA1 YYZ1 DXB2 DEL2 BOM1 SIN2 HKG1 HND1 JNB1 CPT1',
      'LHR: EDI5 MAN3 DUB4 AMS4 CDG4 FRA4 MAD2 FCO2 ZRH3 CPH2 ARN2 IST2 CAI1 LOS1 NBO1',
      'EDI: LGW2 DUB2',
    ],
  },
  {
    code: 'L2',
    name: 'Lumen Airways',
    farePercent: 102,
    cabins: threeCabins,
    routes: [
      'FRA: BER4 MUC5 HAM3 LHR3 CDG3 VIE3 ZRH2 WAW2 FCO2 MAD2 JFK2 ORD1 SFO1 HND1 PVG1 DEL1 GRU1 JNB1 IST1',
      'CDG: NCE4 TLS3 LHR3 JFK2 YUL1 LAX1 HND1 GRU1 MAD2 DSS1',
      'MAD: BCN6 LIS3 PMI2 BOG1 MEX1 EZE1 MIA1 JFK1',
    ],
  },
  {
    code: 'W0',
    name: 'Wrenfly',
    farePercent: 62,
    cabins: oneCabin,
    routes: [
      'LGW: BCN2 PMI2 FCO1 LIS1 BER1 NCE1 ATH1',
      'BER: PMI1 BCN1 VIE2 CPH1 ARN1',
      'DUB: AMS2 BCN1 EDI2',
      'BCN: PMI3 FCO2 AMS2',
    ],
  },
  {
    code: 'D1',
    name: 'Dune Star Airways',
    farePercent: 97,
    cabins: fourCabins,
    routes: [
      'DXB: LHR3 CDG1 FRA2 JFK1 DEL3 BOM3 SIN1 BKK2 HKG1 SYD1 MEL1 JNB1 NBO1 CAI1 IST1 JED2 RUH3 CMB1 HND1 KTM1',
      'RUH: JED5 CAI1',
    ],
  },
  {
    code: 'M1',
    name: 'Monsoon Air',
    farePercent: 84,
    cabins: threeCabins,
    routes: [
      'SIN: KUL6 CGK4 BKK3 HKG2 DPS2 MNL2 SGN2 SYD1 MEL1 PER1 HND1 ICN1 PVG1 TPE1 LHR1 FRA1 DEL1 AKL1',
      'DEL: BOM7 BLR4 CCU3 MAA2 KTM2 LHR1',
      'BOM: BLR3 MAA2',
      'BKK: HKT3 CNX2 HKG1',
      'SGN: HAN5',
      'CGK: DPS3 SUB3',
    ],
  },
  {
    code: 'H0',
    name: 'Hinode Airways',
    farePercent: 106,
    cabins: fourCabins,
    routes: [
      'HND: CTS6 FUK6 ITM4 OKA3 GMP2 TPE2 PVG1 PEK1 HKG1 SFO1 LAX1 HNL1 LHR1 CDG1',
      'ICN: NRT2 HKG2 PVG1 BKK1 LAX1 JFK1',
      'GMP: CJU7',
      'SHA: PEK6 CAN3 SZX3',
      'PEK: CTU2 CAN2',
      'HKG: TPE4 PVG2 PEK2 MNL1',
    ],
  },
  {
    code: 'K0',
    name: 'Kauri Air',
    farePercent: 92,
    cabins: twoCabins,
    routes: [
      'SYD: MEL8 BNE5 ADL2 PER2 AKL2 CHC1 OOL2 HNL1 SIN1 LAX1 NAN1',
      'MEL: BNE3 ADL2 PER1 AKL1 HBA2',
      'AKL: WLG5 CHC4 ZQN2 NAN1 APW1 PPT1 HNL1',
    ],
  },
  {
    code: 'O1',
    name: 'Orinoco Air',
    farePercent: 88,
    cabins: twoCabins,
    routes: [
      'CGH: SDU6',
      'GRU: EZE2 SCL1 BOG1 LIM1 MIA1 LIS1 REC2 BSB2',
      'BOG: MDE4 LIM1 MIA1 PTY1 UIO1 MEX1',
      'MEX: CUN3 GDL3 MTY2 MIA1',
      'EZE: SCL2',
    ],
  },
  {
    code: 'Z1',
    name: 'Marula Skyways',
    farePercent: 94,
    cabins: twoCabins,
    routes: ['JNB: CPT6 DUR4 NBO1 LOS1', 'NBO: ADD1 MBA2 DAR1 LOS1 CAI1', 'CPT: DUR2', 'LOS: ABV3 ACC2'],
  },
];

export const demoCarriers: readonly { code: string; name: string }[] = demoNetwork.map(({ code, name }) => ({
  code,
  name,
}));
