export { type Channel, type Database, notify, type Query, type Value } from './database.ts';
export { openDatabase } from './open.ts';
export { isDiskFull } from './room.ts';
