import Mocha from 'mocha';

/** How long the process may outlive its last test before that is a failure. */
const linger_ms = 10_000;

/**
 * Mocha's own listing, then `N passed, N failed` alone on the last line.
 *
 * What a test leaves open would keep the process from ending: after 10 s it is named and the run fails.
 */
export default class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
    setTimeout(() => {
      console.error(`the tests have ended, but the process has not: ${process.getActiveResourcesInfo().join(', ')} still open`);
      // Mocha sets the exit status as the process ends; this comes after it.
      process.on('exit', () => {
        process.exitCode = 1;
      });
      process.exit();
    }, linger_ms).unref();
  }
}
