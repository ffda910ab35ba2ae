//! Runs each program as its first lines say, against a mosquitto, and looks at what the broker got and what it prints.
