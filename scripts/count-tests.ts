// Reads a test run's JSON and prints its counts on one line; fails when a test failed, was skipped, or none ran.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  readFileSync(process.argv[2]!, 'utf8'),
);
const skipped = numPendingTests + numTodoTests;
if (skipped > 0) {
  for (const file of testResults) {
    for (const { status, fullName } of file.assertionResults) {
      if (status !== 'passed' && status !== 'failed') console.log(`skipped: ${fullName}`);
    }
  }
}
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped} skipped`);
if (numFailedTests > 0 || skipped > 0 || numPassedTests === 0) process.exitCode = 1;
