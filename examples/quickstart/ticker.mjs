// Says the time every ten seconds.
const tick = () => console.log(`ticker: ${new Date().toISOString()}`);
tick();
setInterval(tick, 10_000);
