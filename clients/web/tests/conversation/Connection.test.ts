import { expect, test } from 'vitest';
import { socketAddress } from '../../src/conversation/Connection';

test.each([
  ['https://host', 'wss://host/ws/v1/sessions/s1'],
  ['http://host:8000/', 'ws://host:8000/ws/v1/sessions/s1'],
  ['https://host/behind/', 'wss://host/behind/ws/v1/sessions/s1'],
  ['wss://host/ws/v1/sessions/s1', 'wss://host/ws/v1/sessions/s1'],
])('%s leads to %s', (url, address) => {
  expect(socketAddress(url, 's1')).toBe(address);
});

test('a session id cannot change the path', () => {
  expect(socketAddress('https://host', '../x?y')).toBe('wss://host/ws/v1/sessions/..%2Fx%3Fy');
});
