// A service that reads its greeting when it starts.
console.log(`${process.env.GREETING} from ${process.pid}`);
const work = setInterval(() => {}, 1000);
process.on('SIGTERM', () => clearInterval(work));
