// Runs operations of the OTLP module on what conformance.py sends, so that another implementation
// can check the results.
//
//     question  u8 operation, u8 signal (0 traces, 1 metrics, 2 logs), u32 size, bytes
//     answer    u8 verdict (0 done, 1 refused), u32 size, bytes or the reason
//
// Numbers are little-endian. The tool ends with its input.

import OTLP
import Primitives

var channel = Channel()
while let question = channel.nextQuestion() {
    channel.send(answer(to: question))
}
